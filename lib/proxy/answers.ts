import type { Outgoing } from '../web/outgoing.ts'

/**
 * A redirect as Next.js words it: the location is the body, too.
 * @param others headers beside it: names (in lower case) and values in turn
 */
export function textAnswer (status: number, location: string, others: string[] = []): Outgoing {
  // What the client did not encode must not reach an HTML page or a shell through us.
  const safe = location.replace(/["<>`{}\\]|[^\x21-\x7e]/gu, encodeURIComponent)
  return { status, statusText: '', headers: [...others, 'location', safe, ...status === 308 ? ['refresh', `0;url=${safe}`] : []], body: safe }
}
