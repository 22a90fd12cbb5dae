/** Tags of the application, and those that stand for paths: `revalidatePath()` invalidates these. */

const LONGEST_TAG = 256
const MOST_TAGS = 128
const LONGEST_PATH = 1024

/** Begins the tags that stand for paths; the same as Next.js's, since its cache handlers know it. */
const OF_A_PATH = '_N_T_'

/**
 * The tags that are to be used of those that were given, as Next.js takes them.
 * @param warn told what is left out
 */
export function soundTags (tags: unknown, description: string, warn: (message: string) => void): string[] {
  const sound: string[] = []
  for (const tag of Array.isArray(tags) ? tags as unknown[] : []) {
    if (typeof tag !== 'string') warn(`invalid tag passed to ${description}: ${String(tag)} is no string`)
    else if (tag.length > LONGEST_TAG) warn(`invalid tag passed to ${description}: "${tag.slice(0, 40)}…" exceeds ${LONGEST_TAG} characters`)
    else if (sound.length === MOST_TAGS) warn(`more than ${MOST_TAGS} tags passed to ${description}: "${tag}" is dropped`)
    else sound.push(tag)
  }
  return sound
}

/** What a path may have that has one spelling only; a comma stands between tags in a header of Next.js's. */
const PLAIN = /^[\w\-.~!*'()@:$&+;=[\]/]*$/
const NEEDLESS = /%(?:40|3A|24|26|2B|3B|3D|5B|5D)/g

/**
 * One spelling for all that mean the same path: without a slash at its end, and escaped where it must be. Next.js has
 * what is not ASCII escaped, too.
 */
function normalPath (path: string): string {
  let end = path.length
  while (end > 1 && path[end - 1] === '/') end--
  const bare = path.slice(0, end)
  return PLAIN.test(bare) ? bare : bare.split('/').map(normalSegment).join('/')
}

function normalSegment (segment: string): string {
  try {
    return encodeURIComponent(decodeURIComponent(segment)).replace(NEEDLESS, decodeURIComponent)
  } catch {
    return segment
  }
}

/**
 * The tags that everything made for a path has: of each folder above its route file, of that file, and of the path itself;
 * with what stands in front of them and without.
 * @param route in folder spelling: `/blog/[slug]`
 * @param own the path without anything in front of the application's own
 * @param others the same with what stands there
 */
export function pathTags (route: string, own: string, others: readonly string[]): string[] {
  const path = normalPath(own)
  const tags = new Set([OF_A_PATH + path])
  addFolders(tags, '', route)
  const end = path === '/' ? '' : path
  for (const other of others) {
    const whole = normalPath(other)
    if (tags.has(OF_A_PATH + whole)) continue
    tags.add(OF_A_PATH + whole)
    if (whole.endsWith(end)) addFolders(tags, whole.slice(0, whole.length - end.length), route)
  }
  return [...tags]
}

function addFolders (tags: Set<string>, prefix: string, route: string): void {
  let path = OF_A_PATH
  tags.add(`${path}/layout`)
  for (const folder of (prefix + normalPath(route)).split('/')) {
    if (folder === '') continue
    path += `/${folder}`
    tags.add(`${path}/layout`)
  }
  tags.add(`${path}/route`).add(`${path}/page`)
}

/**
 * The tags that `revalidatePath()` invalidates.
 * @param warn told what has no effect
 */
export function tagsOfPath (path: string, type: 'layout' | 'page' | undefined, warn: (message: string) => void): string[] {
  if (path.length > LONGEST_PATH) {
    warn(`revalidatePath received "${path.slice(0, 40)}…", which exceeds ${LONGEST_PATH} characters. See https://nextjs.org/docs/app/api-reference/functions/revalidatePath`)
    return []
  }
  if (type === undefined && /\/\[[^/]+\](?=\/|$)/.test(path)) warn(`a dynamic path "${path}" was passed to "revalidatePath", but the "type" parameter is missing. This has no effect. See https://nextjs.org/docs/app/api-reference/functions/revalidatePath`)
  const bare = normalPath(path)
  if (type !== undefined) return [`${OF_A_PATH}${bare}${bare.endsWith('/') ? '' : '/'}${type}`]
  if (bare === '/' || bare === '/index') return [`${OF_A_PATH}/`, `${OF_A_PATH}/index`]
  return [OF_A_PATH + bare]
}
