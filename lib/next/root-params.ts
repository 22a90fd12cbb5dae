import { NotSupportedError } from '../errors.ts'

/**
 * The parameters above the root layout, in Next.js 15.
 * @throws NotSupportedError always: route handlers have no layout, and there it throws, too
 */
export function unstable_rootParams (): Promise<Record<string, string | string[] | undefined>> {
  throw new NotSupportedError('unstable_rootParams() of next/server is for React components below a root layout. In a route handler read the params of its second argument.')
}

/** Names by which Next.js 15 cast to the synchronous members: `params as unknown as UnsafeUnwrappedParams<typeof params>`. */
export type UnsafeUnwrappedParams<P> = P extends Promise<infer U> ? Omit<U, 'then' | 'status' | 'value'> : never
export type { UnsafeUnwrappedParams as UnsafeUnwrappedSearchParams }
