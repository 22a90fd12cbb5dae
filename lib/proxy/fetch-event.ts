import type { NextFetchEvent } from '../next/proxy-types.ts'

/**
 * The second argument of a proxy.
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/proxy#event
 */
export class ProxyEvent implements NextFetchEvent {
  readonly sourcePage: string
  readonly #waitUntil: (promise: Promise<unknown>) => void

  constructor (page: string, waitUntil: (promise: Promise<unknown>) => void) {
    this.sourcePage = page
    this.#waitUntil = waitUntil
  }

  waitUntil (promise: Promise<unknown>): void {
    this.#waitUntil(promise)
  }

  /** As in Next.js it has no effect: what a proxy guards stays guarded when it fails. */
  passThroughOnException (): void {}

  respondWith (): void { oldSignature(this.sourcePage) }

  get request (): void { return oldSignature(this.sourcePage) }
}

function oldSignature (page: string): never {
  throw new Error(`The middleware "${page}" accepts an async API directly with the form:\n\n  export function middleware(request, event) {\n    return NextResponse.redirect('/new-location')\n  }\n\n  Read more: https://nextjs.org/docs/messages/middleware-new-signature\n  `)
}
