import type { Check } from '../check-options.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { AppDirectoryProblem } from '../errors.ts'
import type { LoadOptions } from './load-table.ts'
import { show } from './problems.ts'
import type { SegmentConfig } from './segment-config.ts'

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
const isFunction = (value: unknown): boolean => typeof value === 'function'

const hook: Check = { valid: (value) => isFunction(value) || (Array.isArray(value) && value.length > 0 && value.every(isFunction)), expected: 'a function or an array of functions' }
const bytes: Check = { valid: (value) => Number.isSafeInteger(value) && (value as number) > 0, expected: 'a positive whole number of bytes' }
const milliseconds: Check = { valid: (value) => Number.isSafeInteger(value) && (value as number) > 0, expected: 'a positive whole number of milliseconds' }
const options: Check = { valid: (value) => typeof value === 'boolean' || isObject(value), expected: 'an object or a boolean' }
const aFunction: Check = { valid: isFunction, expected: 'a function' }
const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** The keys of `config` in a route file, beside `bodyLimit` Fastify's route options and those of its well-known plugins. */
const CHECKS: Record<string, Check> = {
  attachValidation: { valid: (value) => typeof value === 'boolean', expected: 'a boolean' },
  bodyLimit: bytes,
  compress: options,
  config: { valid: isObject, expected: 'an object' },
  constraints: { valid: isConstraints, expected: 'an object such as { host: \'api.example.com\' } or { version: \'1.2.0\' }' },
  decompress: options,
  handlerTimeout: milliseconds,
  helmet: options,
  logLevel: { valid: (value) => LEVELS.includes(value as string), expected: `one of ${LEVELS.join(', ')}` },
  logSerializers: { valid: (value) => isObject(value) && Object.values(value as object).every(isFunction), expected: 'an object of functions' },
  onError: hook,
  onRequest: hook,
  onRequestAbort: hook,
  onResponse: hook,
  onSend: hook,
  onTimeout: hook,
  preHandler: hook,
  preParsing: hook,
  preSerialization: hook,
  preValidation: hook,
  rateLimit: { valid: (value) => value === false || isObject(value), expected: 'an object, or false' },
  schema: { valid: (value) => isObject(value) && (value as { body?: unknown }).body === undefined, expected: 'a schema without `body`, which route handlers read themselves' },
  schemaErrorFormatter: aFunction,
  validatorCompiler: aFunction
}

/** What may keep a request from a route before anything of it is told. */
export const GUARDS = ['constraints', 'onRequest', 'preHandler', 'preParsing', 'preValidation']
const LIMITS = [...GUARDS, 'rateLimit', 'schema']

/** What `config` is to Next.js in API routes and middleware; it is left behind in many a route file, without effect there too. */
const NEXT_KEYS = new Set(['amp', 'api', 'matcher', 'maxDuration', 'regions', 'runtime', 'unstable_allowDynamic'])

function isConstraints (value: unknown): boolean {
  if (!isObject(value) || Object.keys(value as object).length === 0) return false
  const { host = '', version = '' } = value as { host?: unknown, version?: unknown }
  return (typeof host === 'string' || host instanceof RegExp) && typeof version === 'string'
}

/** Reads `export const config` of a route file; what is wrong with it is added to the problems. */
export function readRouteConfig (config: unknown, file: string, { host, warn }: LoadOptions, problems: AppDirectoryProblem[]): SegmentConfig {
  if (!isObject(config)) return {}
  const add = (code: AppDirectoryProblem['code'], message: string, mend: string): void => { problems.push({ code, message, files: [file], mend }) }
  const { bodyLimit, ...fastifys } = Object.fromEntries(Object.entries(config as object).filter(([name, value]) => {
    if (value === undefined) return false
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined
    if (check?.valid(value) === true) return true
    if (check !== undefined) add('FAR_ERR_SEGMENT_CONFIG', `Invalid route config: \`config.${name}\` is ${show(value)}, expected ${check.expected}.`, `Correct or remove \`${name}\` in \`export const config\`.`)
    else if (NEXT_KEYS.has(name)) warn(`${file} exports config.${name}, which has no effect in a route file, as in Next.js.`)
    else add('FAR_ERR_SEGMENT_CONFIG', `Unknown route config \`config.${name}\`.`, meant(name))
    return false
  })) as { bodyLimit?: number }
  const names = Object.keys(fastifys)
  if (names.length === 0) return { bodyLimit }
  if (host === 'fastify') return { bodyLimit, host: fastifys }
  for (const name of names) {
    if (LIMITS.includes(name)) add('FAR_ERR_FASTIFY_ONLY', `\`config.${name}\` is Fastify's, and Express cannot do what it asks for: requests that it keeps out would get in.`, `Do its work in Express middleware in front of the directory and remove \`${name}\`, or serve the directory with Fastify.`)
    else warn(`${file} exports config.${name}, which is Fastify's and has no effect in Express.`)
  }
  return { bodyLimit }
}

function meant (name: string): string {
  const known = Object.keys(CHECKS)
  const closest = didYouMean(name, known)
  return closest === undefined ? `Remove it, or use one of ${known.join(', ')}.` : `Did you mean \`${closest}\`?`
}
