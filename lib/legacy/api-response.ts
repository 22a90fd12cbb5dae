import type { IncomingMessage, ServerResponse } from 'node:http'
import { Stream } from 'node:stream'
import { currentContext } from '../context/request-context.ts'
import type { NextApiResponse } from '../next/api-types.ts'
import { tagsOfPath } from '../next/cache-tags.ts'
import { warnOfProcess } from '../warn.ts'
import { pathOf } from '../web/target.ts'
import { clearPreviewData, setDraftMode, setPreviewData, type PreviewOptions } from './api-preview.ts'
import { etagOf, isFresh } from './etag.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** Gives a response what API routes have. */
export function toApiResponse (req: IncomingMessage, res: ServerResponse): NextApiResponse {
  return Object.assign(res as NextApiResponse, {
    status (statusCode: number) {
      res.statusCode = statusCode
      return res as NextApiResponse
    },
    send: (body?: unknown) => { send(req, res, body) },
    json (body?: unknown) {
      res.setHeader('Content-Type', JSON_TYPE)
      send(req, res, JSON.stringify(body))
    },
    redirect: (...args: [string] | [number, string]) => redirect(res as NextApiResponse, args),
    setDraftMode ({ enable } = { enable: true }) {
      setDraftMode(res, enable)
      return res as NextApiResponse
    },
    setPreviewData (data: object | string, options: PreviewOptions = {}) {
      setPreviewData(res, data, options)
      return res as NextApiResponse
    },
    clearPreviewData (options: PreviewOptions = {}) {
      clearPreviewData(res, options)
      return res as NextApiResponse
    },
    revalidate
  } satisfies Partial<NextApiResponse>)
}

function send (req: IncomingMessage, res: ServerResponse, body: unknown): void {
  if (body === null || body === undefined) {
    res.end()
  } else if (res.statusCode === 204 || res.statusCode === 304) {
    for (const name of ['content-type', 'content-length', 'transfer-encoding']) res.removeHeader(name)
    res.end()
  } else if (body instanceof Stream) {
    if (!res.hasHeader('content-type')) res.setHeader('Content-Type', 'application/octet-stream')
    // What a failing source leaves behind must not look complete.
    body.once('error', (error: Error) => { res.destroy(error) })
    res.once('close', () => { (body as { destroy?: () => void }).destroy?.() })
    body.pipe(res)
  } else sendWhole(req, res, body)
}

function sendWhole (req: IncomingMessage, res: ServerResponse, body: unknown): void {
  const isBytes = body instanceof Uint8Array
  const isJson = !isBytes && typeof body !== 'string'
  const content = isJson ? JSON.stringify(body) : body
  const etag = etagOf(isBytes ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1') : content as string)
  res.setHeader('ETag', etag)
  if (isFresh(req.headers, etag)) {
    res.statusCode = 304
    res.end()
    return
  }
  if (isJson) res.setHeader('Content-Type', JSON_TYPE)
  else if (isBytes && !res.hasHeader('content-type')) res.setHeader('Content-Type', 'application/octet-stream')
  res.setHeader('Content-Length', Buffer.byteLength(content as string))
  res.end(content)
}

function redirect (res: NextApiResponse, [first, second]: [string] | [number, string]): NextApiResponse {
  const [status, url] = typeof first === 'string' ? [307, first] : [first, second]
  if (typeof status !== 'number' || typeof url !== 'string') {
    throw new Error("Invalid redirect arguments. Please use a single argument URL, e.g. res.redirect('/destination') or use a status code and URL, e.g. res.redirect(307, '/destination').")
  }
  res.writeHead(status, { Location: url })
  res.end(url)
  return res
}

/** Like `revalidatePath()`, and resolves once every process can know. What is dropped is made anew for whoever asks next. */
async function revalidate (urlPath: unknown): Promise<void> {
  if (typeof urlPath !== 'string' || !urlPath.startsWith('/')) throw new Error(`Invalid urlPath provided to revalidate(), must be a path e.g. /blog/post-1, received ${String(urlPath)}`)
  const context = currentContext('res.revalidate')
  await context.caching.invalidate(tagsOfPath(pathOf(urlPath), undefined, warnOfProcess), { expire: 0 })
}
