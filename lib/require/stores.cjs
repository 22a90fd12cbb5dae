'use strict'

module.exports = require('../../dist/stores.js')
