/** What XML 1.0 has no place for, escaped or not (https://www.w3.org/TR/xml/#charsets). */
const NO_XML = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu

/** What has been escaped already stays as it is: Next.js escapes nothing, so that its users had to. */
const DELICATE = /[<>]|&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)/g

const ESCAPES: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;' }

export const escapeText = (text: string): string => text.replace(NO_XML, '').replace(DELICATE, (character) => ESCAPES[character]!)

export const escapeAttribute = (text: string): string => escapeText(text).replaceAll('"', '&quot;')

export const element = (name: string, text: string): string => `<${name}>${escapeText(text)}</${name}>`

/** For text that may be missing. */
export const optionalElement = (name: string, text: string | undefined): string[] => text === undefined ? [] : [element(name, text)]
