/**
 * @returns the URL, normalised
 * @throws Error for a relative URL, in Next.js's words
 */
export function validateUrl (url: string | { toString (): string }): string {
  try {
    return String(new URL(String(url)))
  } catch (cause) {
    throw new Error(`URL is malformed "${String(url)}". Please use only absolute URLs - https://nextjs.org/docs/messages/middleware-relative-urls`, { cause })
  }
}
