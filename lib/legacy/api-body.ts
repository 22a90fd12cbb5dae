import type { IncomingMessage } from 'node:http'
import { parse } from 'node:querystring'

/** An answer to a body that cannot be read, in Next.js's words. */
export class ApiBodyError extends Error {
  readonly status: 400 | 413

  constructor (status: 400 | 413, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * What Next.js makes of a body: JSON and forms are parsed, all else is text.
 * @param limit in bytes; `limitText` is how the config spells it
 * @throws ApiBodyError
 */
export async function parseApiBody (req: IncomingMessage, limit: number, limitText: string | number): Promise<unknown> {
  const contentType = req.headers['content-type'] ?? ''
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase()
  const bytes = await collect(req, limit, limitText)
  const text = decode(bytes, /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? 'utf-8')
  if (type === 'application/json' || type === 'application/ld+json') return parseJson(text)
  return type === 'application/x-www-form-urlencoded' ? { ...parse(text) } : text
}

function parseJson (text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    throw new ApiBodyError(400, 'Invalid JSON')
  }
}

function decode (bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    throw new ApiBodyError(400, 'Invalid body')
  }
}

function collect (req: IncomingMessage, limit: number, limitText: string | number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let length = 0
    const refuse = (): void => {
      req.removeAllListeners('data').pause()
      reject(new ApiBodyError(413, `Body exceeded ${limitText} limit`))
    }
    if (Number(req.headers['content-length']) > limit) return refuse()
    req.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length > limit) return refuse()
      chunks.push(chunk)
    })
    req.on('end', () => { resolve(Buffer.concat(chunks, length)) })
    req.on('error', (error: { code?: unknown }) => {
      if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') refuse()
      else reject(new ApiBodyError(400, 'Invalid body'))
    })
  })
}
