import type { ImageFont, ImageOptions } from './og.ts'
import { warnOfProcess } from '../warn.ts'

/**
 * What a text needs beside the fonts that there are: pictures of emoji, and fonts for other scripts. `@vercel/og` fetches
 * both from servers on the Internet without being asked. Here nothing leaves the process unless `emoji` says so.
 */

type Style = NonNullable<ImageOptions['emoji']>

const SVGMOJI = 'https://cdn.jsdelivr.net/npm/@svgmoji/'
const FLUENT = 'https://cdn.jsdelivr.net/gh/shuding/fluentui-emoji-unicode/assets/'

/** Where each style has the picture of an emoji, by its code points: the places that `@vercel/og` takes them from. */
const PLACES: Record<Style, (code: string) => string> = {
  twemoji: (code) => `https://cdn.jsdelivr.net/gh/twitter/twemoji@14.0.2/assets/svg/${code}.svg`,
  openmoji: (code) => `${SVGMOJI}openmoji@2.0.0/svg/${code.toUpperCase()}.svg`,
  blobmoji: (code) => `${SVGMOJI}blob@2.0.0/svg/${code.toUpperCase()}.svg`,
  noto: (code) => `https://cdn.jsdelivr.net/gh/svgmoji/svgmoji/packages/svgmoji__noto/svg/${code.toUpperCase()}.svg`,
  fluent: (code) => `${FLUENT}${code}_color.svg`,
  fluentFlat: (code) => `${FLUENT}${code}_flat.svg`
}

/** Takes the place of an emoji that nobody has asked for. */
const NOTHING = toDataUrl('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')

export type LoadAsset = (kind: string, text: string) => Promise<string | ImageFont[]>

/**
 * What `satori` calls for text that no font has: with `emoji`, or with the languages that the text may be of.
 * @throws TypeError for a style of emoji that there is not
 */
export function assetLoader (style: Style | undefined): LoadAsset {
  if (style !== undefined && !Object.hasOwn(PLACES, style)) throw new TypeError(`The option \`emoji\` of ImageResponse must be one of ${Object.keys(PLACES).join(', ')}, not ${String(style)}.`)
  return async (kind, text) => {
    if (kind !== 'emoji') {
      warnOnce('FAR_OG_FONT', `An image of ImageResponse has no font for ${text}: boxes are drawn instead. Give one by the option \`fonts\`.`)
      return []
    }
    if (style !== undefined) return await fetchEmoji(style, text)
    warnOnce('FAR_OG_EMOJI', `An image of ImageResponse leaves out ${text}: emoji are fetched from a server on the Internet, which has to be asked for by the option \`emoji\`, such as emoji: 'twemoji'.`)
    return NOTHING
  }
}

/** There are some thousands of emoji, of one or two kilobytes each. */
const fetched = new Map<string, string>()

const TIMEOUT = 10_000

async function fetchEmoji (style: Style, emoji: string): Promise<string> {
  const url = PLACES[style](codeOf(emoji))
  let picture = fetched.get(url)
  if (picture === undefined) {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) })
    if (!response.ok) throw new Error(`The emoji ${emoji} was not found: ${url} answered ${response.status}.`)
    fetched.set(url, picture = toDataUrl(await response.text()))
  }
  return picture
}

const JOINER = '\u200D'
const VARIATION = '\uFE0F'

/** Its code points. The mark that asks for colour is part of them in sequences only. */
function codeOf (emoji: string): string {
  const text = emoji.includes(JOINER) ? emoji : emoji.replaceAll(VARIATION, '')
  return [...text].map((character) => character.codePointAt(0)!.toString(16)).join('-')
}

function toDataUrl (svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`
}

const warned = new Set<string>()

function warnOnce (code: 'FAR_OG_FONT' | 'FAR_OG_EMOJI', message: string): void {
  if (warned.has(code)) return
  warned.add(code)
  warnOfProcess(message, code)
}
