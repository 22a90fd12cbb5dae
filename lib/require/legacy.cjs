'use strict'

module.exports = require('../../dist/legacy.js')
