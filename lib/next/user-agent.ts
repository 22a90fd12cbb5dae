import { createRequire } from 'node:module'

/** @see https://nextjs.org/docs/app/api-reference/functions/userAgent */
export interface UserAgent {
  isBot: boolean
  ua: string
  browser: { name?: string, version?: string, major?: string }
  device: { model?: string, type?: string, vendor?: string }
  engine: { name?: string, version?: string }
  os: { name?: string, version?: string }
  cpu: { architecture?: string }
}

type Parser = (input: string | undefined) => Omit<UserAgent, 'isBot'>

const BOT = /Mediapartners-Google|AdsBot-Google|Storebot-Google|Google-PageRenderer|Google-InspectionTool|Googlebot|Bingbot|BingPreview|Slurp|DuckDuckBot|baiduspider|yandex|sogou|bitlybot|tumblr|vkShare|quora link preview|redditbot|ia_archiver|LinkedInBot|Twitterbot|facebookexternalhit|facebookcatalog|GPTBot|Discordbot|Slackbot|WhatsApp|SkypeUriPreview|Applebot|googleweblight/i

let parser: Parser | undefined

/** Takes a User-Agent header apart. */
export function userAgentFromString (input: string | undefined): UserAgent {
  // A large module that few routes need.
  parser ??= createRequire(import.meta.url)('ua-parser-js') as Parser
  return { ...parser(input ?? ''), isBot: input === undefined ? false : BOT.test(input) }
}

/** Takes the User-Agent header of a request apart. */
export function userAgent ({ headers }: { headers: Headers }): UserAgent {
  return userAgentFromString(headers.get('user-agent') ?? undefined)
}
