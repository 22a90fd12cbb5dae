/**
 * What modules of the application take from `react` where it is not installed, or older than 19: Next.js brings one of its
 * own, which has it.
 */

type AnyFunction = (...args: never[]) => unknown

/** Remembers nothing, which it does while components are rendered only, and not in route handlers. */
export function cache<F extends AnyFunction> (fn: F): F {
  return ((...args: Parameters<F>) => fn(...args)) as F
}
