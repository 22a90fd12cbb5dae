// Steps of a case over HTTP/2 and through inject(); they answer in the terms of client.mjs.
import http2 from 'node:http2'
import { collect, fill, pack, toPairs } from './client.mjs'

/** Headers that HTTP/2 has other means for. */
const OF_HTTP1 = new Set(['connection', 'host', 'transfer-encoding', 'keep-alive', 'upgrade'])

const pairsOf = (step, ctx, vars) => toPairs(step.headers).map(([name, value]) => [fill(name, ctx, vars).toLowerCase(), fill(value, ctx, vars)])

function bodyOf (step, ctx, vars) {
  if (step.bodyBase64 !== undefined) return Buffer.from(step.bodyBase64, 'base64')
  return step.body === undefined ? undefined : Buffer.from(fill(step.body, ctx, vars), 'utf8')
}

function grouped (pairs) {
  const headers = {}
  for (const [name, value] of pairs) headers[name] = name in headers ? [].concat(headers[name], value) : value
  return headers
}

/** Raw steps, reason phrases and what a client may put on an HTTP/1 connection only are not for HTTP/2. */
export const fitsHttp2 = (c) => c.steps.every((step) => step.raw === undefined)

/** @param session gives a session of node:http2 that is open */
export function viaHttp2 (session) {
  return async (step, ctx, vars) => {
    const pairs = pairsOf(step, ctx, vars)
    const host = pairs.find(([name]) => name === 'host')?.[1] ?? ctx.host
    const body = bodyOf(step, ctx, vars)
    const headers = grouped(pairs.filter(([name]) => !OF_HTTP1.has(name)))
    if (body !== undefined && headers['content-length'] === undefined) headers['content-length'] = String(body.length)
    const t0 = Date.now()
    const stream = session().request(
      { ':method': step.method || 'GET', ':path': fill(step.path, ctx, vars), ':authority': host, ...headers },
      { endStream: body === undefined && step.chunks === undefined }
    )
    return await new Promise((resolve) => {
      const parts = []
      const times = []
      let head
      const finish = (extra = {}) => {
        clearTimeout(timer)
        if (head === undefined) return resolve({ error: 'NO_RESPONSE', ...extra })
        const timing = step.timing ? { firstByteMs: times[0] ?? null, endMs: Date.now() - t0, chunkCount: parts.length } : {}
        resolve({ status: head.status, headers: head.headers, ...pack(Buffer.concat(parts)), ...timing, ...extra })
      }
      const timer = setTimeout(() => { stream.close(http2.constants.NGHTTP2_CANCEL); finish({ error: 'TIMEOUT' }) }, step.timeoutMs || 15000)
      stream.on('response', (_headers, _flags, raw) => {
        const status = Number(raw[raw.indexOf(':status') + 1])
        const headers = collect(raw)
        delete headers[':status']
        head = { status, headers }
      })
      stream.on('data', (chunk) => {
        parts.push(chunk)
        times.push(Date.now() - t0)
        if (step.abortAfterBytes !== undefined && Buffer.concat(parts).length >= step.abortAfterBytes) {
          stream.close(http2.constants.NGHTTP2_CANCEL)
          finish({ aborted: true })
        }
      })
      stream.on('end', () => finish(stream.rstCode === 0 ? {} : { truncated: true }))
      stream.on('error', () => finish(head === undefined ? {} : { truncated: true }))
      stream.on('close', () => finish())
      void send(stream, body, step, ctx, vars)
    })
  }
}

async function send (stream, body, step, ctx, vars) {
  if (step.chunks === undefined) {
    if (body !== undefined) stream.end(body)
    return
  }
  for (const chunk of step.chunks) {
    stream.write(fill(chunk, ctx, vars))
    await new Promise((resolve) => setTimeout(resolve, step.chunkDelayMs || 20))
  }
  stream.end()
}

/** inject() has no connection: nothing to send bit by bit, to leave early, or to read before the end. */
export const fitsInject = (c) => c.steps.every((step) => step.raw === undefined && step.chunks === undefined && !step.timing && step.abortAfterBytes === undefined && step.expect?.truncated === undefined)

/** @param server a Fastify instance */
export function viaInject (server) {
  return async (step, ctx, vars) => {
    const headers = grouped([...(step.headers?.host === undefined ? [['host', ctx.host]] : []), ...pairsOf(step, ctx, vars)])
    try {
      const response = await server.inject({ method: step.method || 'GET', url: fill(step.path, ctx, vars), headers, payload: bodyOf(step, ctx, vars) })
      return { status: response.statusCode, statusText: response.statusMessage, headers: response.headers, ...pack(response.rawPayload) }
    } catch (error) {
      // What a broken connection is to inject().
      return { error: String(error.code).replace('LIGHT_', '') }
    }
  }
}
