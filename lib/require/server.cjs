'use strict'

module.exports = require('../../dist/next/server.js')
