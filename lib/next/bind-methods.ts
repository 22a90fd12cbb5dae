/** Lets methods be taken off their object, as Next.js does: `const { get } = await cookies()`, `POST ({ json })`. */
export function bindMethods (prototype: object, names: string[]): void {
  for (const name of names) {
    const method = Reflect.get(prototype, name) as (...args: unknown[]) => unknown
    Object.defineProperty(prototype, name, { configurable: true, get (this: object) { return method.bind(this) } })
  }
}
