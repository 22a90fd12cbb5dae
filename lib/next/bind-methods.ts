/** Lets methods be taken off their object, as Next.js does: `const { get } = await cookies()`, `POST ({ json })`. */
export function bindMethods (prototype: object, names: string[]): void {
  for (const name of names) {
    const method = Reflect.get(prototype, name) as (...args: unknown[]) => unknown
    const enumerable = isEnumerable(prototype, name)
    Object.defineProperty(prototype, name, { configurable: true, enumerable, get (this: object) { return method.bind(this) } })
  }
}

/**
 * The same for objects of which each request has one: without a `this` of their own, methods belong to the current
 * request's. To bind a method each time that it is called would cost more than most of them do.
 */
export function bindMethodsToRequest (prototype: object, names: string[], current: () => object): void {
  for (const name of names) {
    const method = Reflect.get(prototype, name) as (...args: unknown[]) => unknown
    const enumerable = isEnumerable(prototype, name)
    const own = { [name] (this: object | undefined, ...args: unknown[]) { return Reflect.apply(method, this ?? current(), args) } }
    Object.defineProperty(prototype, name, { configurable: true, enumerable, writable: true, value: own[name] })
  }
}

/** Methods of the web platform are, those of ordinary classes are not. */
function isEnumerable (prototype: object, name: string): boolean {
  for (const key in prototype) if (key === name) return true
  return false
}
