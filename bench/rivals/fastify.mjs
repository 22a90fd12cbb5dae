import Fastify from 'fastify'
import { parseCookie, stringifySetCookie } from 'cookie'
import multipart from '@fastify/multipart'
import { Readable } from 'node:stream'

const CHUNK = Buffer.alloc(64 * 1024, 'x')
const PREPARED = JSON.stringify({ hello: 'world', made: 1 })

export async function start () {
  const fastify = Fastify()
  fastify.get('/json', async () => ({ hello: 'world' }))
  fastify.get('/static', async (request, reply) => reply.type('application/json; charset=utf-8').send(PREPARED))
  fastify.get('/next-response', nextResponse)
  fastify.get('/items/:slug', async ({ params, query, headers }) => ({ slug: params.slug, page: query.page, tenant: headers['x-tenant'] }))
  fastify.get('/session', async ({ headers }) => ({ session: parseCookie(headers.cookie ?? '').session, tenant: headers['x-tenant'] }))
  fastify.post('/echo', async ({ body }) => body)
  fastify.get('/stream', stream)
  fastify.get('/events', events)
  // Its hooks run for uploads only.
  fastify.register(async (uploads) => {
    await uploads.register(multipart)
    uploads.post('/upload', upload)
  })
  await fastify.listen({ port: 0, host: '127.0.0.1' })
  return fastify.server.address().port
}

async function nextResponse (request, reply) {
  reply.header('cache-control', 'no-store')
  reply.header('x-version', '3')
  reply.header('set-cookie', stringifySetCookie('session', 'abc123', { path: '/', httpOnly: true, sameSite: 'lax' }))
  return { id: 7, name: 'Ada' }
}

async function upload (request) {
  const file = await request.file()
  const bytes = await file.toBuffer()
  return { title: file.fields.title.value, name: file.filename, size: bytes.length }
}

function stream (request, reply) {
  let left = Number(request.query.chunks)
  const body = new Readable({
    read () {
      this.push(left-- > 0 ? CHUNK : null)
    }
  })
  reply.header('content-type', 'application/octet-stream')
  return reply.send(body)
}

function events (request, reply) {
  let id = 0
  const body = new Readable({
    read () {},
    destroy (error, done) {
      clearInterval(timer)
      done(error)
    }
  })
  const timer = setInterval(() => body.push(`id: ${id++}\ndata: {"hello":"world"}\n\n`), 100)
  reply.header('content-type', 'text/event-stream')
  return reply.send(body)
}
