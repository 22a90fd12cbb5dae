/** Lets methods be taken off their object, as Next.js does: `const { get } = await cookies()`, `POST ({ json })`. */
export function bindMethods (prototype: object, names: string[]): void {
  for (const name of names) {
    const method = Reflect.get(prototype, name) as (...args: unknown[]) => unknown
    const enumerable = isEnumerable(prototype, name)
    Object.defineProperty(prototype, name, { configurable: true, enumerable, get (this: object) { return method.bind(this) } })
  }
}

/** Methods of the web platform are, those of ordinary classes are not. */
function isEnumerable (prototype: object, name: string): boolean {
  for (const key in prototype) if (key === name) return true
  return false
}
