'use strict'

module.exports = require('../../dist/next/next.js')
