import { Fields, wrong } from './fields.ts'
import { writeVideo } from './sitemap-video.ts'
import { element, escapeAttribute, optionalElement } from './xml.ts'

const FREQUENCIES = ['always', 'hourly', 'daily', 'weekly', 'monthly', 'yearly', 'never']

/**
 * The XML of a sitemap, in the order of Next.js.
 * @param data what `sitemap.ts` returned
 * @throws MetadataError
 * @see https://nextjs.org/docs/app/api-reference/file-conventions/metadata/sitemap
 * @see https://www.sitemaps.org/protocol.html
 */
export function writeSitemap (data: unknown, file: string): string {
  if (!Array.isArray(data)) throw wrong({ file, way: '' }, data, 'an array of entries')
  const uses = { image: false, video: false, xhtml: false }
  const entries = data.map((value: unknown, index) => writeEntry(new Fields({ file, way: `[${index}]`, about: aboutOf(value) }, value), uses))
  const namespaces = Object.entries(NAMESPACES).filter(([name]) => uses[name as keyof typeof uses]).map(([name, uri]) => ` xmlns:${name}="${uri}"`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"${namespaces.join('')}>\n${entries.join('')}</urlset>\n`
}

/** Those that are used are declared, in this order. */
const NAMESPACES = {
  image: 'http://www.google.com/schemas/sitemap-image/1.1',
  video: 'http://www.google.com/schemas/sitemap-video/1.1',
  xhtml: 'http://www.w3.org/1999/xhtml'
}

/** People find an entry by its URL more easily than by its number. */
function aboutOf (value: unknown): string | undefined {
  const url = (value as { url?: unknown } | null)?.url
  return typeof url === 'string' || url instanceof URL ? `the entry of ${String(url)}` : undefined
}

function writeEntry (entry: Fields, uses: Record<keyof typeof NAMESPACES, boolean>): string {
  const alternates = entry.object('alternates')
  const languages = alternates?.object('languages')
  const images = entry.texts('images')
  const videos = entry.list('videos')
  uses.xhtml ||= alternates !== undefined && alternates.names().length > 0
  uses.image ||= images.length > 0
  uses.video ||= videos.length > 0
  const lines = [
    '<url>',
    element('loc', entry.requiredText('url')),
    ...languages?.names().flatMap((language) => writeLanguage(language, languages.text(language))) ?? [],
    ...images.map((image) => `<image:image>\n${element('image:loc', image)}\n</image:image>`),
    ...videos.map((video, index) => writeVideo(new Fields(entry.place(`videos[${index}]`), video))),
    ...optionalElement('lastmod', entry.date('lastModified')),
    ...optionalElement('changefreq', entry.oneOf('changeFrequency', FREQUENCIES)),
    ...optionalElement('priority', entry.number('priority', 0, 1)),
    '</url>'
  ]
  return lines.map((line) => line + '\n').join('')
}

const writeLanguage = (language: string, url: string | undefined): string[] =>
  url === undefined ? [] : [`<xhtml:link rel="alternate" hreflang="${escapeAttribute(language)}" href="${escapeAttribute(url)}" />`]
