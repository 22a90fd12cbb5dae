import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { BYPASS_COOKIE, draftSecret, isDevelopment, isDraftSecret } from '../next/draft-mode.ts'
import { parseCookies } from './cookies.ts'

/** Draft mode, and the preview mode that Next.js had before it: a switch in one cookie, and data in another. */

const DATA_COOKIE = '__next_preview_data'
const MOST_DATA = 2048

export interface PreviewOptions {
  /** Seconds that preview mode lasts; as long as the browser's session by default. */
  maxAge?: number | undefined
  /** The path below which preview mode is on; everywhere by default. */
  path?: string | undefined
}

type PreviewData = string | object | false

const cleared = new WeakSet<ServerResponse>()

export function setDraftMode (res: ServerResponse, enable: boolean): void {
  addCookies(res, [cookie(BYPASS_COOKIE, draftSecret, enable ? {} : { expires: true })])
}

/** @throws Error where the data is too large for a cookie */
export function setPreviewData (res: ServerResponse, data: unknown, options: PreviewOptions): void {
  const sealed = seal({ data, ...(options.maxAge === undefined ? {} : { expires: Date.now() + options.maxAge * 1000 }) })
  if (sealed.length > MOST_DATA) throw new Error('Preview data is limited to 2KB currently, reduce how much data you are storing as preview data to continue')
  addCookies(res, [cookie(BYPASS_COOKIE, draftSecret, options), cookie(DATA_COOKIE, sealed, options)])
}

export function clearPreviewData (res: ServerResponse, { path }: PreviewOptions = {}): void {
  if (cleared.has(res)) return
  cleared.add(res)
  addCookies(res, [BYPASS_COOKIE, DATA_COOKIE].map((name) => cookie(name, '', { path, expires: true })))
}

/** What `req.previewData` is: `{}` in draft mode, false where neither is on. Cookies that are no good are cleared. */
export function readPreviewData (req: IncomingMessage, res: ServerResponse): PreviewData {
  const { [BYPASS_COOKIE]: bypass, [DATA_COOKIE]: sealed } = parseCookies(req.headers.cookie)
  if (bypass === undefined && sealed === undefined) return false
  if (isDraftSecret(bypass)) {
    if (sealed === undefined) return {}
    const opened = open(sealed)
    if (opened !== undefined) return opened
  }
  clearPreviewData(res)
  return false
}

function addCookies (res: ServerResponse, cookies: string[]): void {
  const present = res.getHeader('set-cookie')
  res.setHeader('set-cookie', [...(present === undefined ? [] : [present].flat().map(String)), ...cookies])
}

function cookie (name: string, value: string, { maxAge, path = '/', expires }: PreviewOptions & { expires?: boolean }): string {
  const parts = [`${name}=${value}`]
  if (maxAge !== undefined) parts.push(`Max-Age=${Math.floor(maxAge)}`)
  parts.push(`Path=${path}`)
  if (expires === true) parts.push(`Expires=${new Date(0).toUTCString()}`)
  parts.push('HttpOnly')
  return [...parts, ...(isDevelopment() ? ['SameSite=Lax'] : ['Secure', 'SameSite=None'])].join('; ')
}

let key: Uint8Array | undefined
const previewKey = (): Uint8Array => key ??= new Uint8Array(hkdfSync('sha256', draftSecret, '', 'preview data', 32))

function seal (content: object): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', previewKey(), iv)
  const encrypted = [cipher.update(JSON.stringify(content), 'utf8'), cipher.final()]
  return Buffer.concat([iv, cipher.getAuthTag(), ...encrypted]).toString('base64url')
}

function open (sealed: string): PreviewData | undefined {
  try {
    const bytes = Buffer.from(sealed, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', previewKey(), bytes.subarray(0, 12), { authTagLength: 16 })
    decipher.setAuthTag(bytes.subarray(12, 28))
    const { data, expires = Infinity } = JSON.parse(decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8')) as { data: string | object, expires?: number }
    return expires > Date.now() ? data : undefined
  } catch {
    return undefined
  }
}
