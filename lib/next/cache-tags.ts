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

/**
 * The tags that everything made for a path has: of each folder above its route file, of that file, and of the path itself.
 * @param route in folder spelling: `/blog/[slug]`
 */
export function pathTags (route: string, pathnames: readonly string[]): string[] {
  const tags = [`${OF_A_PATH}/layout`]
  const folders = route.split('/').filter((folder) => folder !== '')
  let path = ''
  for (const folder of folders) {
    path += `/${folder}`
    tags.push(`${OF_A_PATH}${path}/layout`)
  }
  tags.push(`${OF_A_PATH}${path}/route`, `${OF_A_PATH}${path}/page`, ...pathnames.map((pathname) => OF_A_PATH + pathname))
  return [...new Set(tags)]
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
  const bare = path.length > 1 ? path.replace(/\/+$/, '') : path
  if (type !== undefined) return [`${OF_A_PATH}${bare}${bare.endsWith('/') ? '' : '/'}${type}`]
  if (bare === '/' || bare === '/index') return [`${OF_A_PATH}/`, `${OF_A_PATH}/index`]
  return [OF_A_PATH + bare]
}
