'use strict'

require('./refuse-foreign.cjs')
module.exports = require('../../dist/express.js').default
