/** A place in a JSON document: names and indexes from the root on. */
export type JsonPlace = ReadonlyArray<string | number>

/**
 * A JSON path as a test of places; null where it is none. `$.user.email`, `$.items[0].id`, `$.items[*].id`, `$['odd name']`. It
 * stands for all that is below, too.
 */
export function jsonPath (path: string): ((place: JsonPlace) => boolean) | null {
  const steps: string[] = []
  const rest = path.slice(1).replace(/\.([\w-]+|\*)|\[(\d+|\*)\]|\['([^']*)'\]/gy, (_all, name?: string, index?: string, quoted?: string) => {
    steps.push(name ?? index ?? quoted!)
    return ''
  })
  if (!path.startsWith('$') || rest !== '') return null
  return (place) => place.length >= steps.length && steps.every((step, index) => step === '*' || step === String(place[index]))
}

export function writePlace (place: JsonPlace): string {
  return '$' + place.map((step) => typeof step === 'number' ? `[${step}]` : /^[\w-]+$/.test(step) ? `.${step}` : `['${step}']`).join('')
}

/** The places at which two JSON values differ, with both values; what only one of them has is undefined in the other. */
export function jsonDifferences (old: unknown, fresh: unknown, place: JsonPlace = []): Array<{ place: JsonPlace, old: unknown, new: unknown }> {
  if (Object.is(old, fresh)) return []
  const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null
  if (!isTree(old) || !isTree(fresh) || Array.isArray(old) !== Array.isArray(fresh)) return [{ place, old, new: fresh }]
  const keys = new Set([...Object.keys(old), ...Object.keys(fresh)])
  const at = (value: object, key: string): unknown => Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
  return [...keys].flatMap((key) => jsonDifferences(at(old, key), at(fresh, key), [...place, Array.isArray(old) ? Number(key) : key]))
}
