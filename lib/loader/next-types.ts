import { served } from './served-modules.ts'

const IMPORT = /^([ \t]*import\s*\{)([^}]*)(\}\s*from\s*['"](next(?:\/[\w-]+(?:\.js)?)?)['"];?)/gm

/**
 * TypeScript lets people import types without saying so, and Node.js, which only strips types, looks for them then. Takes
 * such names out of imports from Next.js, as far as they are known: `next` exports types alone, and of what is served as
 * `next/server` and the like, what is not there can be nothing else. Lines and columns stay.
 */
export function withoutNextTypes (source: string): string {
  if (!source.includes('next')) return source
  return source.replace(IMPORT, (statement, head: string, list: string, tail: string, specifier: string) => {
    const isType = typesOf(specifier)
    if (isType === undefined) return statement
    const kept = list.replace(/[^,]+,?/g, (item) => isType(nameOf(item)) ? blank(item) : item)
    return kept.trim() === '' ? blank(statement) : head + kept + tail
  })
}

/** What tells whether a name of a module is a type; undefined for modules that are not known. */
function typesOf (specifier: string): ((name: string) => boolean) | undefined {
  if (specifier === 'next') return (name) => name !== 'default' && name !== ''
  const module = served(specifier.replace(/\.js$/, ''))
  return module === undefined ? undefined : (name) => name !== 'default' && name !== '' && !(name in module)
}

/** `a`, of `a as b` and `type a`; '' where there is none. */
const nameOf = (item: string): string => /^\s*(?:type\s+(?!as\s))?([\w$]+)/.exec(item)?.[1] ?? ''

const blank = (text: string): string => text.replace(/[^\r\n]/g, ' ')
