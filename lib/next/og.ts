import { NotSupportedError } from '../errors.ts'

/** A font for the text of an image. */
export interface ImageFont {
  data: ArrayBuffer | Buffer
  name: string
  weight?: 100 | 200 | 300 | 400 | 500 | 600 | 700 | 800 | 900
  style?: 'normal' | 'italic'
  lang?: string
}

export interface ImageResponseOptions extends ResponseInit {
  /** Pixels. */
  width?: number
  /** Pixels. */
  height?: number
  emoji?: 'twemoji' | 'openmoji' | 'blobmoji' | 'noto' | 'fluent' | 'fluentFlat'
  fonts?: ImageFont[]
  debug?: boolean
}

/** An image made of JSX. */
export class ImageResponse extends Response {
  static displayName = 'ImageResponse'

  /** @throws NotSupportedError */
  constructor (element: unknown, options?: ImageResponseOptions) {
    super()
    throw new NotSupportedError('ImageResponse of next/og is not supported yet by fastify-app-routes.')
  }
}
