'use strict'

module.exports = require('../../dist/next/navigation.js')
