import { existsSync } from 'node:fs'
import { AppRoutesOptionError, InstrumentationError } from '../errors.ts'
import type { HostExchange } from '../handle/context.ts'
import type { ReportError } from '../handle/observe.ts'
import type { InstrumentationOnRequestError } from '../next/instrumentation-types.ts'
import { findInstrumentation } from './find.ts'

interface Exported {
  register?: () => unknown
  onRequestError?: InstrumentationOnRequestError
}

export interface StartOptions {
  /** The app directory. */
  dir: string
  /** The file; undefined: to be looked for; false: none. */
  instrumentation: string | false | undefined
  loadModule: (file: string) => Promise<Record<string, unknown>>
  logError: (exchange: HostExchange, error: unknown, message: string) => void
}

/**
 * Loads `instrumentation.ts` and lets it set up what it sets up, before any route file is loaded.
 * @returns what is to be told of failed requests, if the file wants to know
 * @throws AppRoutesOptionError where the file that an option names does not exist
 * @throws InstrumentationError where it cannot be loaded, or `register()` fails
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/instrumentation
 */
export async function startInstrumentation ({ dir, instrumentation, loadModule, logError }: StartOptions): Promise<ReportError | undefined> {
  if (typeof instrumentation === 'string' && !existsSync(instrumentation)) throw new AppRoutesOptionError(`The option \`instrumentation\` names ${instrumentation}, which does not exist.`)
  const file = instrumentation === undefined ? findInstrumentation(dir) : instrumentation
  if (file === undefined || file === false) return undefined
  const exported = await attempt(file, async () => readExports(await loadModule(file)))
  await attempt(file, () => registerOnce(exported))
  return exported.onRequestError === undefined ? undefined : reporter(exported, logError)
}

async function attempt<T> (file: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InstrumentationError(`An error occurred while loading instrumentation hook: ${reason} (${file}). Correct the file, or set the option \`instrumentation\` to false.`, { cause })
  }
}

/** Of a default export, its members are meant. */
function readExports (module: Record<string, unknown>): Exported {
  const exported = (module.register === undefined && module.onRequestError === undefined ? module.default ?? module : module) as Record<string, unknown>
  for (const name of ['register', 'onRequestError']) {
    if (exported[name] !== undefined && typeof exported[name] !== 'function') throw new TypeError(`\`${name}\` is exported, and is not a function`)
  }
  return exported
}

const registered = new WeakMap<() => unknown, Promise<unknown>>()

/** Several directories may share a file; in Next.js there is one server in a process. */
async function registerOnce ({ register }: Exported): Promise<void> {
  if (register === undefined) return
  let done = registered.get(register)
  if (done === undefined) registered.set(register, done = (async () => await register())())
  try {
    await done
  } catch (error) {
    registered.delete(register)
    throw error
  }
}

function reporter (exported: Exported, logError: StartOptions['logError']): ReportError {
  return async (error, exchange, context) => {
    const { target: path, method } = exchange
    try {
      await exported.onRequestError!(error, { path, method, headers: headersOf(exchange) }, context)
    } catch (failure) {
      logError(exchange, failure, 'Error in instrumentation.onRequestError')
    }
  }
}

/** HTTP/2 has the request line among the headers. */
const headersOf = ({ headers }: HostExchange): HostExchange['headers'] => Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')))
