/**
 * The file names that stand for metadata of an application, and the paths that Next.js gives them.
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/metadata
 */

export type MetadataType = 'robots' | 'manifest' | 'favicon' | 'sitemap' | 'icon' | 'apple-icon' | 'opengraph-image' | 'twitter-image'

export interface MetadataFile {
  type: MetadataType
  /** Whether it is a module that makes the content, not the content itself. */
  isCode: boolean
  /** The last segment of its path. */
  segment: string
}

/** The endings of modules, as for route files. */
const CODE = /^(?:[jt]sx?|[cm][jt]s)$/

interface Convention {
  /** The endings of files that are sent as they are. */
  endings: string[]
  /** What a module is served as; undefined: by its name without an ending. */
  code?: string
  hasCode: boolean
  rootOnly: boolean
  /** Whether there may be several, as `icon1.png` and `icon2.png`. */
  numbered: boolean
}

const text = (endings: string[], code: string, rootOnly: boolean): Convention => ({ endings, code, hasCode: true, rootOnly, numbered: false })
const image = (endings: string[]): Convention => ({ endings, hasCode: true, rootOnly: false, numbered: true })

const CONVENTIONS: Record<MetadataType, Convention> = {
  robots: text(['txt'], 'robots.txt', true),
  manifest: text(['webmanifest', 'json'], 'manifest.webmanifest', true),
  favicon: { endings: ['ico'], hasCode: false, rootOnly: true, numbered: false },
  sitemap: text(['xml'], 'sitemap.xml', false),
  icon: image(['ico', 'jpg', 'jpeg', 'png', 'svg']),
  'apple-icon': image(['jpg', 'jpeg', 'png']),
  'opengraph-image': image(['jpg', 'jpeg', 'png', 'gif']),
  'twitter-image': image(['jpg', 'jpeg', 'png', 'gif'])
}

const NAME = /^([a-z-]+?)(\d?)\.([a-z]+)$/

/** What a file is by its name and place; undefined where it is no metadata file. */
export function metadataFile (folders: string[], file: string): MetadataFile | undefined {
  const [, name, digit, ending] = NAME.exec(file) ?? []
  if (name === undefined || !Object.hasOwn(CONVENTIONS, name)) return undefined
  const type = name as MetadataType
  const { endings, code, hasCode, rootOnly, numbered } = CONVENTIONS[type]
  if ((rootOnly && folders.length > 0) || (digit !== '' && !numbered)) return undefined
  const isCode = hasCode && CODE.test(ending!)
  if (!isCode && !endings.includes(ending!)) return undefined
  if (isCode && code !== undefined) return { type, isCode, segment: code }
  const bare = name + digit! + suffixFor(type, folders)
  return { type, isCode, segment: isCode ? bare : `${bare}.${ending!}` }
}

/**
 * Images below groups and slots, which are no part of a path, get a hash of their folders, so that each has a path of its own.
 * A sitemap is for all that is below its path. (Before 16 one in a file got a hash, too, by which nobody found it.)
 */
function suffixFor (type: MetadataType, folders: string[]): string {
  const isHidden = type !== 'sitemap' && folders.some((folder) => (folder.startsWith('(') && folder.endsWith(')')) || (folder.startsWith('@') && folder !== '@children'))
  return isHidden ? `-${hash('/' + folders.join('/')).toString(36).slice(0, 6)}` : ''
}

/** The hash djb2 (http://www.cse.yorku.ca/~oz/hash.html), as an unsigned number. */
function hash (text: string): number {
  let value = 5381
  for (let index = 0; index < text.length; index++) value = (value << 5) + value + text.charCodeAt(index) | 0
  return value >>> 0
}
