/**
 * React's automatic JSX runtime, for route files with JSX (`ImageResponse`) in projects that have no React: it makes the
 * elements, and nothing here renders them.
 */

interface Element {
  $$typeof: symbol
  type: unknown
  key: string | null
  ref: null
  props: object
}

export const Fragment = Symbol.for('react.fragment')

export function jsx (type: unknown, props: object, key?: unknown): Element {
  return { $$typeof: Symbol.for('react.transitional.element'), type, key: key === undefined ? null : String(key), ref: null, props }
}

export { jsx as jsxs, jsx as jsxDEV }
