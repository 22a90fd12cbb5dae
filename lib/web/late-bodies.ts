/**
 * Bodies that are worked on for a while and then come in one piece. Nothing is sent before: until then, what fails still
 * can become a proper answer.
 */
const late = new WeakSet<object>()

export function markAsLate<T extends object> (body: T): T {
  late.add(body)
  return body
}

export const isLate = (body: object): boolean => late.has(body)
