import { AppRoutesOptionError } from '../errors.ts'
import { parseByteSize } from './byte-size.ts'

/**
 * What a `pages/api` module exports as `config`: a `PageConfig`, in the wider types that an export without annotation has.
 * `bodyParser` is false or has a `sizeLimit`, '1mb' by default; `responseLimit` is '4mb' by default, false for never.
 */
export interface ApiConfig {
  api?: {
    bodyParser?: boolean | { sizeLimit?: number | string }
    responseLimit?: number | string | boolean
    externalResolver?: boolean
  }
  runtime?: string
}

export interface ParsedApiConfig {
  /** Undefined where the body is not parsed. */
  bodyLimit: { bytes: number, text: string | number } | undefined
  /** Infinity where nothing is too large. */
  responseLimit: number
}

/** @throws AppRoutesOptionError */
export function parseApiConfig ({ api = {}, runtime }: ApiConfig): ParsedApiConfig {
  if (runtime === 'edge' || runtime === 'experimental-edge') {
    throw new AppRoutesOptionError(`\`config.runtime\` is '${runtime}': such a handler takes a Request. Move it to a route file, and export it there for its verbs: GET, POST …`)
  }
  const { bodyParser = true, responseLimit = true } = api
  const sizeLimit = typeof bodyParser === 'object' ? bodyParser.sizeLimit ?? '1mb' : '1mb'
  return {
    bodyLimit: bodyParser === false ? undefined : { bytes: parseByteSize(sizeLimit, 'config.api.bodyParser.sizeLimit'), text: sizeLimit },
    responseLimit: responseLimit === false ? Infinity : parseByteSize(responseLimit === true ? '4mb' : responseLimit, 'config.api.responseLimit')
  }
}
