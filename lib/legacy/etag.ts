import type { IncomingHttpHeaders } from 'node:http'

const LIMB = 2 ** 26
const LIMB_MASK = LIMB - 1
// FNV-1a with its 64-bit offset basis and prime (2^40 + 435), of which the lower 52 bits are kept, in two halves.
const BASIS = 0xcbf29ce484222325n & ((1n << 52n) - 1n)

/** The entity tag that Next.js gives to what an API route sends: a 52-bit hash and the length, both in base 36. */
export function etagOf (text: string): string {
  let low = Number(BASIS & BigInt(LIMB_MASK))
  let high = Number(BASIS >> 26n)
  // Next.js folds what is above 52 bits into the lowest ones.
  let above = Number((0xcbf29ce484222325n >> 52n) & 0xfffn)
  for (let i = 0; i < text.length; i++) {
    low ^= text.charCodeAt(i)
    const product = low * 435
    const middle = high * 435 + Math.floor(product / LIMB) + (low & 0xfff) * 0x4000
    // The bits from 52 to 63: what overflows the upper half, and 2^40 times the bits from 12 on.
    above = (above * 435 + Math.floor(middle / LIMB) + (low >>> 12) + (high & LIMB_MASK) * 0x4000) & 0xfff
    low = product & LIMB_MASK
    high = middle & LIMB_MASK
  }
  const hash = high * LIMB + ((low & ~0xffff) | ((low & 0xffff) ^ above))
  return `"${hash.toString(36)}${text.length.toString(36)}"`
}

/** Whether the client has this version, as Next.js decides it (RFC 9110, 13.1.2). */
export function isFresh (headers: IncomingHttpHeaders, etag: string): boolean {
  const asked = headers['if-none-match']
  // There is no date to compare with.
  if (asked === undefined || headers['if-modified-since'] !== undefined) return false
  if (/(?:^|,)\s*no-cache\s*(?:,|$)/.test(headers['cache-control'] ?? '')) return false
  return asked === '*' || asked.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)
}
