import { didYouMean } from './did-you-mean.ts'
import { AppRoutesOptionError } from './errors.ts'

/** What a value has to be, and how that is said to whoever gave another one. */
export interface Check { valid: (value: unknown) => boolean, expected: string }

export type Checks<T> = { [K in keyof Required<T>]: Check }

/**
 * @param within the option that the checked ones belong to, with a dot
 * @throws AppRoutesOptionError naming what is wrong, unknown options included
 */
export function checkOptions (options: object, checks: Record<string, Check>, within: string): void {
  for (const [name, value] of Object.entries(options)) {
    const found = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (found === undefined) throw new AppRoutesOptionError(unknownOption(name, Object.keys(checks), within))
    if (value !== undefined && !found.valid(value)) throw new AppRoutesOptionError(`The option \`${within}${name}\` must be ${found.expected}, not ${typeof value === 'string' ? `'${value}'` : String(value)}.`)
  }
}

/** Options that one host alone takes, and what stands for them in the other. */
const OF_OTHER_HOST: Record<string, string> = {
  prefix: "It is Fastify's. In Express, mount the directory at a path: app.use('/api', appRoutes('./app')).",
  logLevel: "It is Fastify's. In Express there is nothing that it could set.",
  unhandledMethod: "It is Express's. In Fastify, a route of the server for the same path comes first by itself."
}

function unknownOption (name: string, known: string[], within: string): string {
  if (within === '' && Object.hasOwn(OF_OTHER_HOST, name)) return `Unknown option \`${name}\`. ${OF_OTHER_HOST[name]!}`
  const meant = didYouMean(name, known)
  return `Unknown option \`${within}${name}\`. ${meant === undefined ? `Known options: ${known.join(', ')}.` : `Did you mean \`${within}${meant}\`?`}`
}
