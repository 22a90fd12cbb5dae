/** One segment of a route's path, as its folder name spells it. */
export type Segment =
  | { kind: 'static', value: string }
  // `prefix` is the marker of an intercepting folder: `(.)[id]` serves `/(.)1`.
  | { kind: 'dynamic', name: string, prefix: string }
  | { kind: 'catch-all' | 'optional-catch-all', name: string, prefix: string }

/**
 * Whether a path ends with an intercepting catch-all (`(.)[...path]`). Without the client router nobody asks for it, and it must
 * not be taken for an ordinary one.
 */
export function isIntercepted (segments: readonly Segment[]): boolean {
  const last = segments.at(-1)
  return last !== undefined && last.kind !== 'static' && last.kind !== 'dynamic' && last.prefix !== ''
}

/** Whether a path has no parameters. */
export const isFixed = (segments: readonly Segment[]): boolean => segments.every(({ kind }) => kind === 'static')

/**
 * The segments of the URL path that a folder path serves, or null below private folders (`_lib`), which are not routed.
 * Groups (`(shop)`) and slots (`@team`) vanish. Intercepting folders (`(.)photo`) serve their literal name: only the
 * client router of Next.js asks for them otherwise.
 * @see https://nextjs.org/docs/app/getting-started/project-structure
 */
export function urlSegments (folders: string[]): string[] | null {
  const segments: string[] = []
  for (const folder of folders) {
    if (folder.startsWith('_')) return null
    if (isGroup(folder) || folder.startsWith('@')) continue
    // `%5F` stands for an underscore that does not make the folder private.
    segments.push(folder.replaceAll('%5F', '_'))
  }
  return segments
}

function isGroup (folder: string): boolean {
  return folder.startsWith('(') && folder.endsWith(')')
}

const INTERCEPTING = /^((?:\(\.{1,3}\))+)(.+)$/

/** The marker of an intercepting folder: `(..)(..)` of `(..)(..)photo`; '' for others. */
export function interceptionMarker (folder: string): string {
  return INTERCEPTING.exec(folder)?.[1] ?? ''
}

/**
 * Reads one segment of a path, or says in Next.js's words what is wrong with it.
 * Only a segment that is bracketed as a whole is dynamic: `pre[x]` is static, as in Next.js.
 */
export function parseSegment (text: string): Segment | { problem: string } {
  const prefix = interceptionMarker(text)
  const folder = text.slice(prefix.length)
  if (!folder.startsWith('[') || !folder.endsWith(']')) return { kind: 'static', value: text }
  let name = folder.slice(1, -1)
  let optional = false
  if (name.startsWith('[') && name.endsWith(']')) {
    name = name.slice(1, -1)
    optional = true
  }
  if (name.startsWith('…')) return { problem: `Detected a three-dot character ('…') at ('${name}'). Did you mean ('...')?` }
  const catchAll = name.startsWith('...')
  if (catchAll) name = name.slice(3)
  if (name.startsWith('[') || name.endsWith(']')) return { problem: `Segment names may not start or end with extra brackets ('${name}')` }
  if (name.startsWith('.')) return { problem: `Segment names may not start with erroneous periods ('${name}')` }
  if (name === '') return { problem: 'Parameter names cannot be empty' }
  if (optional && !catchAll) return { problem: `Optional route parameters are not yet supported ("${text}")` }
  return { kind: optional ? 'optional-catch-all' : catchAll ? 'catch-all' : 'dynamic', name, prefix }
}

/** The text of a segment, as its folder spells it. */
export function formatSegment (segment: Segment): string {
  switch (segment.kind) {
    case 'static': return segment.value
    case 'dynamic': return `${segment.prefix}[${segment.name}]`
    case 'catch-all': return `${segment.prefix}[...${segment.name}]`
    case 'optional-catch-all': return `${segment.prefix}[[...${segment.name}]]`
  }
}
