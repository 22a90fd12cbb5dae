import type { FastifyReply } from 'fastify'
import { Readable } from 'node:stream'
import type { AutomaticAnswer } from '../handle/unhandled.ts'
import type { Outgoing } from '../web/outgoing.ts'
import { flushHeadersSoon, mergeVary, writeHeadInUtf8 } from '../web/send.ts'

/** Sends through the reply, so that every hook of the host sees the answer. Headers that hooks have set stay. */
export function sendReply (reply: FastifyReply, { status, statusText, headers, body, headInUtf8 }: Outgoing): void {
  reply.code(status)
  if (statusText !== '' && reply.request.raw.httpVersionMajor < 2) reply.raw.statusMessage = statusText
  const hasType = addReplyHeaders(reply, headers)
  // Next.js sends latin1 where there is no body.
  if (headInUtf8 === true && reply.request.method !== 'HEAD') writeHeadInUtf8(reply.raw)
  if (body === null) {
    // A content type that a hook has set speaks of another body.
    if (!hasType) reply.removeHeader('content-type')
    reply.send()
  } else if (body instanceof Readable) sendStream(reply, body)
  else if (hasType) {
    // Fastify would add a charset to JSON types.
    if (typeof body === 'string') reply.serializer(asIs)
    reply.send(body)
  } else {
    // Fastify would add a content type to bytes that have none, and leaves streams alone.
    reply.header('content-length', String(Buffer.byteLength(body)))
    sendStream(reply, Readable.from([typeof body === 'string' ? Buffer.from(body) : body], { objectMode: false }))
  }
}

/** @returns whether there is a content type among them; an empty one is none to Fastify */
export function addReplyHeaders (reply: FastifyReply, headers: readonly string[]): boolean {
  let hasType = false
  for (let index = 0; index < headers.length; index += 2) {
    const [name, value] = [headers[index]!, headers[index + 1]!]
    if (name === 'content-type') hasType = value !== ''
    // Fastify itself appends Set-Cookie.
    reply.header(name, name === 'vary' ? mergeVary(reply.getHeader(name), value) : value)
  }
  return hasType
}

/** An error handler may still want to send an object through the same reply. */
const asIs = (payload: unknown): string => typeof payload === 'string' ? payload : JSON.stringify(payload)

function sendStream (reply: FastifyReply, body: Readable): void {
  // Once it is piped, the hooks are through and the headers are complete.
  reply.raw.once('pipe', () => { flushHeadersSoon(reply.raw, body) })
  reply.send(body)
}

export function sendAutomatic (reply: FastifyReply, answer: AutomaticAnswer): void {
  reply.code(answer.status).headers(answer.headers)
  if (answer.body === null) reply.send()
  else reply.type('text/plain; charset=utf-8').send(answer.body)
}

/** What gives a reply the headers back that it had before a handler's were set. */
export function headersBefore (reply: FastifyReply): (headers: string[]) => void {
  const before = reply.getHeaders()
  for (const name in before) if (Array.isArray(before[name])) before[name] = [...before[name]]
  return (headers) => {
    // HTTP/2 has none, and warns of being asked.
    if (reply.request.raw.httpVersionMajor < 2) reply.raw.statusMessage = ''
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index]!
      reply.removeHeader(name)
      if (before[name] !== undefined) reply.header(name, before[name])
    }
  }
}
