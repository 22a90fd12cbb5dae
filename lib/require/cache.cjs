'use strict'

module.exports = require('../../dist/next/cache.js')
