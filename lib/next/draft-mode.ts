import { randomBytes, timingSafeEqual } from 'node:crypto'
import { currentContext, dynamicContext, type RequestContext } from '../context/request-context.ts'
import { headerOf } from '../web/lazy-request.ts'
import { jarOf } from './cookie-jar.ts'
import { findCookie } from './cookie-text.ts'
import { promiseClassFor } from './thenable.ts'

export const BYPASS_COOKIE = '__prerender_bypass'

/**
 * The secret that the cookie must hold. Next.js makes one at each build; here it is one for each process, unless the
 * variable that Next.js itself reads names one for all processes of a deployment.
 */
export const draftSecret = process.env.__NEXT_PREVIEW_MODE_ID ?? randomBytes(16).toString('hex')

/** What `draftMode()` gives. */
export interface DraftMode {
  /** Whether the client has draft mode on. */
  readonly isEnabled: boolean
  /** Turns draft mode on for the client: from this request on, in 13 and 14 from the next. */
  enable (): void
  /** Turns draft mode off for the client. */
  disable (): void
}

class RequestDraftMode implements DraftMode {
  readonly #context: RequestContext

  constructor (context: RequestContext) {
    this.#context = context
  }

  get isEnabled (): boolean {
    return this.#context.draft ?? isDraftSecret(findCookie(headerOf(this.#context.request, 'cookie') ?? '', BYPASS_COOKIE))
  }

  enable (): void { this.#switch(true, 'enable') }

  disable (): void { this.#switch(false, 'disable') }

  #switch (on: boolean, caller: string): void {
    const context = dynamicContext(`draftMode().${caller}`)
    if (context.phase === 'after') throw new Error(`Route ${context.route.path} used "draftMode().${caller}()" inside \`after()\`. The enabled status of \`draftMode()\` can be read inside \`after()\` but you cannot enable or disable \`draftMode()\`. See more info here: https://nextjs.org/docs/app/api-reference/functions/after`)
    const attributes = { httpOnly: true, sameSite: isDevelopment() ? 'lax' : 'none', secure: !isDevelopment(), path: '/' } as const
    jarOf(context).set({ name: BYPASS_COOKIE, value: on ? draftSecret : '', ...attributes, ...(on ? {} : { expires: new Date(0) }) })
    if (context.compat >= 15) context.draft = on
  }
}

export const isDevelopment = (): boolean => process.env.NODE_ENV === 'development'

export function isDraftSecret (value: string | undefined): boolean {
  if (value === undefined || value.length !== draftSecret.length) return false
  const [given, known] = [Buffer.from(value), Buffer.from(draftSecret)]
  return given.length === known.length && timingSafeEqual(given, known)
}

/**
 * Reads and switches draft mode.
 * @throws OutsideRequestError
 * @see https://nextjs.org/docs/app/api-reference/functions/draft-mode
 */
export function draftMode (): Promise<DraftMode> & DraftMode {
  return new DraftModePromise(new RequestDraftMode(currentContext('draftMode')))
}

const DraftModePromise = promiseClassFor<DraftMode>(RequestDraftMode)
