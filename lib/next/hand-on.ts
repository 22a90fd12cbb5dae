import { createRequire } from 'node:module'
import { requestStorage } from '../context/request-context.ts'
import { OutsideRequestError } from '../errors.ts'

/**
 * A process may run real Next.js too (a custom server), and a library be used on both sides. What such a library calls
 * outside our requests goes on to the real function, which knows Next.js's own.
 */

type AnyFunction = (...args: unknown[]) => unknown
type Functions = Record<string, AnyFunction | undefined>

/**
 * The module, with functions of these names handing on to the real ones.
 * @param asking those that throw `OutsideRequestError` outside a request; they are not asked about one beforehand
 */
export function handingOn<T extends object> (specifier: string, module: T, names: Array<keyof T & string>, asking: Array<keyof T & string> = []): T {
  const functions = [
    ...names.map((name) => [name, handOnOutside(specifier, name, module[name] as AnyFunction)]),
    ...asking.map((name) => [name, handOnRefused(specifier, name, module[name] as AnyFunction)])
  ]
  return { ...module, ...Object.fromEntries(functions) as Partial<T> }
}

function handOnOutside (specifier: string, name: string, ours: AnyFunction): AnyFunction {
  return (...args: unknown[]) => {
    const real = requestStorage.getStore() === undefined ? realModule(specifier)?.[name] : undefined
    return real === undefined ? ours(...args) : real(...args)
  }
}

function handOnRefused (specifier: string, name: string, ours: AnyFunction): AnyFunction {
  return (...args: unknown[]) => {
    try {
      return ours(...args)
    } catch (error) {
      const real = error instanceof OutsideRequestError ? realModule(specifier)?.[name] : undefined
      if (real === undefined) throw error
      return real(...args)
    }
  }
}

/** A module of the real Next.js, if this process has loaded that; it is not loaded for this. */
function realModule (specifier: string): Functions | undefined {
  const require = realRequire ??= findRealRequire()
  return require === undefined ? undefined : require(specifier.replace('next/', './')) as Functions
}

let realRequire: NodeJS.Require | undefined

function findRealRequire (): NodeJS.Require | undefined {
  const { cache } = createRequire(import.meta.url)
  for (const file of Object.keys(cache)) {
    const root = /^.*[\\/]node_modules[\\/]next(?=[\\/]dist[\\/]server[\\/])/.exec(file)?.[0]
    if (root !== undefined) return createRequire(`${root}/package.json`)
  }
  return undefined
}
