import { createError } from '@fastify/error'

/**
 * Every error of the library. `docs/errors.md` lists them; a test keeps the two in step.
 * Codes that begin with `FST_` are Fastify's own, reused where the meaning is the same.
 */
export const AppRoutesOptionError = createError<[string, { cause: unknown }?]>('FAR_ERR_OPTION', '%s', 500, TypeError)
export const AppDirectoryNotFoundError = createError<['app' | 'pages', string, 'does not exist' | 'is not a directory']>('FAR_ERR_DIR_NOT_FOUND', 'The %s directory %s %s. Name an existing directory: an absolute path, a path relative to the working directory, or a file: URL.')
export const RouteRegistrationError = createError<[string]>('FAR_ERR_DUPLICATED_ROUTE', '%s')
export const FolderPluginError = createError<[string, string, { cause: unknown }]>('FAR_ERR_FOLDER_PLUGIN', 'The Fastify plugin %s failed: %s', 500)
export const InstrumentationError = createError<[string, { cause: unknown }]>('FAR_ERR_INSTRUMENTATION', '%s', 500)
export const MissingPackageError = createError<[string, string]>('FAR_ERR_MISSING_PACKAGE', '%s Install it: npm install %s')
export const ForeignLoaderError = createError<[]>('FAR_ERR_FOREIGN_LOADER', "The modules of this process are loaded by a test runner's own module system, in a realm of its own, where Node.js's module hooks and so `next/server` do not reach. Jest has such a system, and so have Vitest's vmThreads: use Vitest as it is or node:test, or start the server in a child process.", 500)
export const NotSupportedError = createError<[string]>('FAR_ERR_NOT_SUPPORTED', '%s', 500)
export const OutsideRequestError = createError<[string]>('FAR_ERR_OUTSIDE_REQUEST', '%s')
export const WrongHostError = createError<[string]>('FAR_ERR_WRONG_HOST', '%s')
export const NoResponseError = createError<[string]>('FAR_ERR_NO_RESPONSE', '%s', 500, TypeError)
export const HandlerThrewError = createError<[string, { cause: unknown }]>('FAR_ERR_THROWN_VALUE', 'A route handler threw something that is not an Error: %s', 500)
export const MetadataError = createError<[string]>('FAR_ERR_METADATA', '%s', 500, TypeError)
export const BodyConsumedError = createError<[]>('FAR_ERR_BODY_CONSUMED', 'The request body was already consumed before it reached the route handler, and neither req.rawBody nor req.body holds it. Let the middleware that reads it set one of them, or mount it behind the app directory.', 500)
export const UpstreamError = createError<[string, { cause?: unknown }?]>('FAR_ERR_UPSTREAM', 'The upstream gave no sound answer: %s', 502)
export const UpstreamTimeoutError = createError<[string, { cause?: unknown }?]>('FAR_ERR_UPSTREAM_TIMEOUT', 'The upstream took too long: %s', 504)
export const UpstreamLoopError = createError<[string]>('FAR_ERR_UPSTREAM_LOOP', 'The request has come back: the upstream %s leads to this server again. Let it lead to the old one.', 508)
export const CacheTimeoutError = createError<[number]>('FAR_ERR_CACHE_TIMEOUT', 'The cache store did not answer within %s ms.')
export const GenerationTimeoutError = createError<[string, number]>('FAR_ERR_GENERATION_TIMEOUT', 'The handler of %s did not give its static response within %s s.')
export const StaticParamsError = createError<[string]>('FAR_ERR_STATIC_PARAMS', 'generateStaticParams() of %s must return an array of objects, one for each path, with an array for a catch-all parameter.', 500, TypeError)
export const BadPathError = createError<[string]>('FST_ERR_BAD_URL', "'%s' is not a valid url component", 400, URIError)
export const LongParamError = createError<[string]>('FST_ERR_MAX_PARAM_LENGTH', "'%s' is exceeding the max param length", 414, URIError)
export const BodyTooLargeError = createError<[]>('FST_ERR_CTP_BODY_TOO_LARGE', 'Request body is too large', 413, RangeError)

/** Whether an error of ours is the client's doing, and no news. */
export const isClientsDoing = (error: unknown): boolean => error instanceof BadPathError || error instanceof LongParamError || error instanceof BodyTooLargeError

/** What is wrong with one file or layout of an app directory, and how to mend it. */
export interface AppDirectoryProblem {
  /** What kind of problem: `FAR_ERR_LAYOUT`, `FAR_ERR_LOAD`, `FAR_ERR_METADATA`, `FAR_ERR_SEGMENT_CONFIG` or `FAR_ERR_FASTIFY_ONLY`. */
  code: 'FAR_ERR_LAYOUT' | 'FAR_ERR_LOAD' | 'FAR_ERR_METADATA' | 'FAR_ERR_SEGMENT_CONFIG' | 'FAR_ERR_FASTIFY_ONLY'
  /** What is wrong, in Next.js's words where Next.js has some. */
  message: string
  /** The files concerned, relative to the app directory. */
  files: string[]
  /** How to mend it. */
  mend: string
  /** The error that a route file threw while it was loaded. */
  cause?: unknown
}

const AppDirectoryErrorBase = createError<[string]>('FAR_ERR_APP_DIRECTORY', '%s')

/** All that keeps an app directory from starting, reported at once in `problems`. */
export class AppDirectoryError extends AppDirectoryErrorBase {
  readonly problems: AppDirectoryProblem[]

  constructor (dir: string, problems: AppDirectoryProblem[]) {
    const list = problems.map((problem, index) => {
      const files = problem.files.map((file) => `\n     ${file}`).join('')
      return `\n  ${index + 1}. [${problem.code}] ${problem.message}${files}\n     → ${problem.mend}`
    })
    super(`${problems.length} problem${problems.length === 1 ? '' : 's'} in the app directory ${dir}:${list.join('')}`)
    this.problems = problems
    const cause = problems.find((problem) => problem.cause !== undefined)?.cause
    if (cause !== undefined) this.cause = cause
  }
}
