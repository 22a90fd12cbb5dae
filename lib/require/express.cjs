'use strict'

module.exports = require('../../dist/express.js').default
