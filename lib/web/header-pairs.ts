/** Those of a list of headers (names and values in turn) that a test lets pass. */
export function pairsWhere (pairs: readonly string[], isKept: (name: string, value: string) => boolean): string[] {
  const kept: string[] = []
  for (let index = 0; index < pairs.length; index += 2) {
    const [name, value] = [pairs[index]!, pairs[index + 1]!]
    if (isKept(name, value)) kept.push(name, value)
  }
  return kept
}

/** The first value of a name, which is in lower case as all names of the list. */
export function valueIn (pairs: readonly string[], name: string): string | undefined {
  for (let index = 0; index < pairs.length; index += 2) if (pairs[index] === name) return pairs[index + 1]
  return undefined
}

/** Whether a header has characters of which it matters in which encoding they are sent. */
export const isBeyondAscii = (pairs: readonly string[]): boolean => pairs.some((text) => BEYOND_ASCII.test(text))

const BEYOND_ASCII = /[\x80-\xff]/

export function toHeaders (pairs: readonly string[]): Headers {
  const headers = new Headers()
  for (let index = 0; index < pairs.length; index += 2) headers.append(pairs[index]!, pairs[index + 1]!)
  return headers
}

/** Takes a header out of `rawHeaders`, whatever case its name is written in there. */
export function removeRaw (rawHeaders: string[], name: string): void {
  for (let index = rawHeaders.length - 2; index >= 0; index -= 2) if (rawHeaders[index]!.toLowerCase() === name) rawHeaders.splice(index, 2)
}
