'use strict'

module.exports = require('../../dist/next/og.js')
