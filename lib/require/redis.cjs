'use strict'

module.exports = require('../../dist/redis.js')
