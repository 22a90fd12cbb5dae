import { requestStorage } from '../context/request-context.ts'
import { markAsLate } from '../web/late-bodies.ts'
import { renderPng } from './og-render.ts'

/** A font for the text of an image. */
export interface ImageFont {
  data: ArrayBuffer | Buffer
  name: string
  weight?: 100 | 200 | 300 | 400 | 500 | 600 | 700 | 800 | 900 | undefined
  style?: 'normal' | 'italic' | undefined
  lang?: string | undefined
}

/** How an image is rendered. */
export interface ImageOptions {
  /**
   * Pixels.
   * @default 1200
   */
  width?: number | undefined
  /**
   * Pixels.
   * @default 630
   */
  height?: number | undefined
  /**
   * The style of emoji, which are fetched from a server on the Internet then.
   * @default emoji are left out, and nothing is fetched
   */
  emoji?: 'twemoji' | 'openmoji' | 'blobmoji' | 'noto' | 'fluent' | 'fluentFlat' | undefined
  /** @default the one that comes with `@vercel/og`, which has Latin letters */
  fonts?: ImageFont[] | undefined
  /** Draws the boxes of the elements, too. */
  debug?: boolean | undefined
}

export interface ImageResponseOptions extends ImageOptions, ResponseInit {}

/**
 * A PNG image, rendered of elements (JSX) by the optional peer `@vercel/og` when it is sent. Where that fails, the package
 * being missing included, the request is answered as one whose handler threw.
 * @see https://nextjs.org/docs/app/api-reference/functions/image-response
 */
export class ImageResponse extends Response {
  static displayName = 'ImageResponse'

  constructor (element: unknown, options: ImageResponseOptions = {}) {
    const { status, statusText, headers: own, ...image } = options
    const headers = new Headers({ 'content-type': 'image/png', 'cache-control': cacheControl() })
    new Headers(own).forEach((value, name) => { headers.set(name, value) })
    super(imageBody(element, image), { status, statusText, headers })
  }
}

function cacheControl (): string {
  if (process.env.NODE_ENV === 'development') return 'no-cache, no-store'
  const compat = requestStorage.getStore()?.compat ?? 16
  return compat < 16 ? 'public, immutable, no-transform, max-age=31536000' : 'public, max-age=0, must-revalidate'
}

/** Nothing is rendered until somebody reads: HEAD costs nothing. */
function imageBody (element: unknown, options: ImageOptions): ReadableStream<Uint8Array> {
  return markAsLate(new ReadableStream<Uint8Array>({
    async pull (controller) {
      controller.enqueue(await renderPng(element, options))
      controller.close()
    }
  }, { highWaterMark: 0 }))
}
