import { NotSupportedError } from '../errors.ts'

/** An image made of JSX. */
export class ImageResponse extends Response {
  /** @throws NotSupportedError */
  constructor (element: unknown, options?: object) {
    super()
    throw new NotSupportedError('ImageResponse of next/og is not supported yet by fastify-app-routes.')
  }
}
