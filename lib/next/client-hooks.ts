import { NotSupportedError } from '../errors.ts'
import type { ReadonlyURLSearchParams } from './readonly-search-params.ts'

/**
 * What `next/navigation` has for React components. Typed as there, so that files which pages share type-check; called,
 * all of it throws, since a server of route handlers has no components.
 */

function noComponents (name: string): never {
  throw new NotSupportedError(`${name} of next/navigation is for React components; a server of route handlers has none. Read the request instead.`)
}

export interface NavigateOptions {
  scroll?: boolean | undefined
  transitionTypes?: string[] | undefined
}

/** What `useRouter()` gives to components. */
export interface AppRouterInstance {
  readonly bfcacheId: string
  back (): void
  forward (): void
  refresh (): void
  push (href: string, options?: NavigateOptions): void
  replace (href: string, options?: NavigateOptions): void
  prefetch (href: string, options?: { kind: string, onInvalidate?: () => void }): void
}

/** @throws NotSupportedError always */
export function useParams<T extends Record<string, string | string[] | undefined> = Record<string, string | string[] | undefined>> (): T { return noComponents('useParams()') }
/** @throws NotSupportedError always */
export function usePathname (): string { return noComponents('usePathname()') }
/** @throws NotSupportedError always */
export function useRouter (): AppRouterInstance { return noComponents('useRouter()') }
/** @throws NotSupportedError always */
export function useSearchParams (): ReadonlyURLSearchParams { return noComponents('useSearchParams()') }
/** @throws NotSupportedError always */
export function useSelectedLayoutSegment (parallelRouteKey?: string): string | null { return noComponents('useSelectedLayoutSegment()') }
/** @throws NotSupportedError always */
export function useSelectedLayoutSegments (parallelRouteKey?: string): string[] { return noComponents('useSelectedLayoutSegments()') }
/** @throws NotSupportedError always */
export function useServerInsertedHTML (callback: () => unknown): void { noComponents('useServerInsertedHTML()') }
/** @throws NotSupportedError always */
export function unstable_isUnrecognizedActionError (error: unknown): error is Error { return noComponents('unstable_isUnrecognizedActionError()') }

/** A React context; it throws when a component is made of it. */
export const ServerInsertedHTMLContext = {
  get Provider (): never { return noComponents('ServerInsertedHTMLContext') },
  get Consumer (): never { return noComponents('ServerInsertedHTMLContext') }
}
