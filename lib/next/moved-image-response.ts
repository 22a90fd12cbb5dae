import { requestStorage } from '../context/request-context.ts'
import { ImageResponse as OgImageResponse, type ImageResponseOptions } from './og.ts'

type MovedImageResponse = {
  new (element: unknown, options?: ImageResponseOptions): OgImageResponse
  (): never
}

/**
 * Where Next.js 13 had it.
 * @deprecated Import it from `next/og`.
 * @throws Error with `compat` 14 and later
 */
export const ImageResponse = function ImageResponse (element: unknown, options?: ImageResponseOptions): OgImageResponse {
  if (requestStorage.getStore()?.compat === 13) return new OgImageResponse(element, options)
  throw new Error('ImageResponse moved from "next/server" to "next/og" since Next.js 14, please import from "next/og" instead')
} as unknown as MovedImageResponse
export type ImageResponse = OgImageResponse
