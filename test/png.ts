/** Just enough of PNG to look at an image that `resvg` made: 8 bits, RGBA, not interlaced (https://www.w3.org/TR/png/). */
import { inflateSync } from 'node:zlib'

export interface Png {
  width: number
  height: number
  /** `[red, green, blue, alpha]` */
  pixel: (x: number, y: number) => number[]
}

export function decodePng (bytes: Buffer): Png {
  if (bytes.subarray(0, 8).toString('latin1') !== '\x89PNG\r\n\x1a\n') throw new Error('no PNG')
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)]
  if (bytes.subarray(24, 29).toString('hex') !== '0806000000') throw new Error(`another kind of PNG: ${bytes.subarray(24, 29).toString('hex')}`)
  const data: Buffer[] = []
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.subarray(at + 4, at + 8).toString() === 'IDAT') data.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)))
  }
  const pixels = unfilter(inflateSync(Buffer.concat(data)), width * 4, height)
  return { width, height, pixel: (x, y) => [...pixels.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)] }
}

function unfilter (raw: Buffer, stride: number, height: number): Buffer {
  const out = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!
    for (let x = 0; x < stride; x++) {
      const left = x < 4 ? 0 : out[y * stride + x - 4]!
      const up = y === 0 ? 0 : out[(y - 1) * stride + x]!
      const corner = x < 4 || y === 0 ? 0 : out[(y - 1) * stride + x - 4]!
      const predicted = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!
      out[y * stride + x] = raw[y * (stride + 1) + 1 + x]! + predicted
    }
  }
  return out
}

function paeth (left: number, up: number, corner: number): number {
  const estimate = left + up - corner
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(estimate - value)) as [number, number, number]
  return a <= b && a <= c ? left : b <= c ? up : corner
}
