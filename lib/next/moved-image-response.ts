/**
 * Where Next.js 13 had it.
 * @throws always
 */
export function ImageResponse (): never {
  throw new Error('ImageResponse moved from "next/server" to "next/og" since Next.js 14, please import from "next/og" instead')
}
