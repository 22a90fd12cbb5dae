/**
 * Answers of old handlers whose heads are in latin1. Node.js writes them so in front of bytes, and as UTF-8 in front of a
 * text; those of route handlers are UTF-8 in front of any body.
 */
const inLatin1 = new WeakSet<Response>()

export function markAsLatin1 (response: Response): Response {
  inLatin1.add(response)
  return response
}

export const isLatin1 = (response: Response): boolean => inLatin1.has(response)
