'use strict'

module.exports = require('../../dist/next/headers.js')
