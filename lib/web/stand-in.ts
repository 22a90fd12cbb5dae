/**
 * Makes the members of a class look like those of the native class that it stands for (flags, names, lengths), and hands
 * on what it does not have itself, members of later Node.js versions included.
 * @param prototype of our class; comes to inherit from `base`, and with it from the native class
 * @param nativeOf gives the native object behind one of ours, and anything else back as it is
 * @param readFrom gives the object whose accessors answer for ours
 */
export function standIn (prototype: object, native: object, base: object, nativeOf: (self: unknown) => unknown, readFrom = nativeOf): void {
  for (const key of Reflect.ownKeys(native)) {
    const model = Object.getOwnPropertyDescriptor(native, key)!
    const own = Object.getOwnPropertyDescriptor(prototype, key)
    if (key === 'constructor' || (typeof key === 'symbol' && own !== undefined)) continue
    if (typeof own?.value === 'function') alike(model.value as Named, own.value as Named)
    Object.defineProperty(prototype, key, { ...model, ...(own ?? handedOn(key, model, nativeOf, readFrom)), enumerable: model.enumerable })
  }
  Object.setPrototypeOf(prototype, base)
}

function handedOn (key: PropertyKey, { get, value }: PropertyDescriptor, nativeOf: (self: unknown) => unknown, readFrom: (self: unknown) => unknown): PropertyDescriptor {
  // Node.js inspects by public members alone.
  if (typeof key === 'symbol' || (get === undefined && typeof value !== 'function')) return {}
  // Literals, because methods and accessors cannot be constructed.
  if (get !== undefined) {
    const own = { get (this: unknown) { return Reflect.apply(get, readFrom(this), []) as unknown } }
    return { get: alike(get, own.get) }
  }
  const method = value as (...args: unknown[]) => unknown
  const own = { method (this: unknown, ...args: unknown[]) { return Reflect.apply(method, nativeOf(this), args) } }
  return { value: alike(method, own.method) }
}

/**
 * Lets a class pass for the native one whose objects ours are instances of, too: statics, name, length, `instanceof`.
 * Native objects are `instanceof` the class that stands in for theirs, but not of its subclasses.
 */
export function standInClass<T extends Named> (Class: T, native: Named): void {
  standIn(Class, native, Function.prototype, () => native)
  alike(native, Class)
  const hasInstance = { [Symbol.hasInstance] (this: unknown, value: unknown) { return Function.prototype[Symbol.hasInstance].call(this === Class ? native : this, value) } }
  Object.defineProperty(Class, Symbol.hasInstance, { value: hasInstance[Symbol.hasInstance], configurable: true })
}

interface Named { name: string, length: number }

/** Gives a function the name and the length of another. */
export function alike<T extends Named> (model: Named, ours: T): T {
  return Object.defineProperties(ours, { name: { value: model.name, configurable: true }, length: { value: model.length, configurable: true } })
}

/**
 * Node.js 20 and 22 keep the state of native objects in symbols: with them, native code and the native prototypes' members
 * take ours as well.
 */
export function shareState (prototype: object, sample: object, nativeOf: (self: unknown) => unknown): void {
  for (const key of Object.getOwnPropertySymbols(sample)) {
    Object.defineProperty(prototype, key, { configurable: true, get (this: unknown) { return Reflect.get(nativeOf(this) as object, key) as unknown } })
  }
}
