'use strict'

module.exports = require('../../dist/register.js')
