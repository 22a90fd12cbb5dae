type Method = (...args: unknown[]) => unknown

/**
 * Lets methods be taken off their object, as Next.js does: `const { get } = await cookies()`, `POST ({ json })`.
 * Not by `bind()`, which costs more than such a function.
 */
export function bindMethods (prototype: object, names: string[]): void {
  redefine(prototype, names, (method) => ({ get (this: object) { return (...args: unknown[]): unknown => Reflect.apply(method, this, args) } }))
}

/**
 * The same for objects of which each request has one: without a `this` of their own, methods belong to the current
 * request's. To bind a method each time that it is called would cost more than most of them do.
 */
export function bindMethodsToRequest (prototype: object, names: string[], current: () => object): void {
  redefine(prototype, names, (method, name) => {
    const own = { [name] (this: object | undefined, ...args: unknown[]) { return Reflect.apply(method, this ?? current(), args) } }
    return { writable: true, value: own[name] }
  })
}

function redefine (prototype: object, names: string[], describe: (method: Method, name: string) => PropertyDescriptor): void {
  for (const name of names) {
    const method = Reflect.get(prototype, name) as Method
    Object.defineProperty(prototype, name, { ...describe(method, name), configurable: true, enumerable: isEnumerable(prototype, name) })
  }
}

/** Methods of the web platform are, those of ordinary classes are not. */
function isEnumerable (prototype: object, name: string): boolean {
  for (const key in prototype) if (key === name) return true
  return false
}
