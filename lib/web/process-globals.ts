import { boundGlobals } from './bound-globals.ts'

let users = 0
let replaced: Array<{ name: string, ours: unknown, before: PropertyDescriptor }> = []

/**
 * Puts the light classes in the place of the global `Response` and (where the native one does not take received requests)
 * `Request`, for code that our loader does not see: the option `globals`. Once for all servers of the process.
 * @returns what puts the former ones back when the last server is gone, unless somebody else has replaced ours meanwhile
 */
export function replaceGlobals (): () => void {
  if (users++ === 0) replaced = ['Response', 'Request'].filter((name) => name in boundGlobals).map(replace)
  let released = false
  return () => {
    if (released) return
    released = true
    if (--users > 0) return
    for (const { name, ours, before } of replaced) if (Reflect.get(globalThis, name) === ours) Object.defineProperty(globalThis, name, before)
  }
}

function replace (name: string): typeof replaced[number] {
  const before = Object.getOwnPropertyDescriptor(globalThis, name)!
  const ours = boundGlobals[name]
  Object.defineProperty(globalThis, name, { value: ours, writable: true, configurable: true, enumerable: before.enumerable! })
  return { name, ours, before }
}
