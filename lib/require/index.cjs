'use strict'

require('./refuse-foreign.cjs')
module.exports = require('../../dist/index.js').default
