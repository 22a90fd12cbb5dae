import { didYouMean } from '../did-you-mean.ts'
import { METHODS, type Route } from './table.ts'

const SEGMENT_CONFIG = ['dynamic', 'dynamicParams', 'revalidate', 'fetchCache', 'runtime', 'preferredRegion', 'maxDuration', 'generateStaticParams']

/** Warns of what a route file exports and nobody takes, where it looks like something that is taken. */
export function warnAboutExports (module: Record<string, unknown>, handlers: Route['handlers'], file: string, warn: (message: string) => void): void {
  for (const name of Object.keys(module)) {
    const meant = meantBy(name, module[name])
    if (meant !== undefined) warn(`${file} exports ${name}, ${meant}`)
  }
  if (typeof module.default === 'function') warn(`${file} has a default export, which is not a handler. Export a function for each verb: GET, POST, …`)
  if (Object.keys(handlers).length === 0) warn(`${file} exports no handler: every request to it is answered 405.`)
}

const KNOWN = new Set<string>([...METHODS, ...SEGMENT_CONFIG])

/** Files may export helpers, so one letter is all that may be wrong; a verb is in capitals, or misses nothing but these. */
function meantBy (name: string, value: unknown): string | undefined {
  if (KNOWN.has(name) || name.length < 3) return undefined
  if (typeof value !== 'function' || name.startsWith('generate')) {
    const field = didYouMean(name, SEGMENT_CONFIG, 1)
    return field === undefined ? undefined : `which has no effect. Did you mean ${field}?`
  }
  const upper = name.toUpperCase()
  if ((METHODS as readonly string[]).includes(upper)) return `which is not a handler: Next.js takes upper-case names only. Rename it to ${upper}.`
  const method = name === upper ? didYouMean(name, [...METHODS], 1) : undefined
  return method === undefined ? undefined : `which is not a handler. Did you mean ${method}?`
}
