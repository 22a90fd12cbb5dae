/** A property that is computed when first read, and may be assigned. */
export function lazily (target: object, name: string, compute: () => unknown): void {
  const settle = (value: unknown): void => { Object.defineProperty(target, name, { value, configurable: true, enumerable: true, writable: true }) }
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: true,
    get () {
      const value = compute()
      settle(value)
      return value
    },
    set: settle
  })
}
