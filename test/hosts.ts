/**
 * The same test on every host: Fastify by socket, by `inject()` and over HTTP/2, Express 4 and 5, and plain `node:http`.
 */
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import express, { type Express } from 'express'
// @ts-expect-error -- the alias has no declarations of its own
import express4 from 'express4'
import http, { type IncomingMessage } from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import appRoutes, { type AppRoutesOptions } from 'fastify-app-routes'
import { appRoutes as expressRoutes, type AppRoutesMiddleware } from 'fastify-app-routes/express'

export interface Sent {
  method?: string
  path: string
  headers?: Record<string, string | string[]>
  body?: string | Uint8Array
}

export interface Received {
  status: number
  statusText: string
  /** Set-Cookie, and whatever came twice, as an array. */
  headers: Record<string, string | string[] | undefined>
  body: Buffer
  text: string
  json: () => any
}

export interface RunningHost {
  name: string
  send: (request: Sent | string) => Promise<Received>
  /** What was logged at level `error`, parsed. Express: what its error handler got. */
  errors: any[]
  /** `http://localhost:PORT`, '' where there is no socket. */
  url: string
  fastify?: FastifyInstance
  middleware?: AppRoutesMiddleware
  close: () => Promise<void>
}

export interface StartOptions extends Omit<AppRoutesOptions, 'dir' | 'prefix'> {
  dir: string
  /** Fastify's `prefix`, Express's mount path. */
  prefix?: string
  /** Runs before the directory is registered. */
  fastify?: (server: FastifyInstance) => void | Promise<void>
  fastifyOptions?: FastifyServerOptions
  express?: (app: Express) => void | Promise<void>
  /** Runs after the directory is registered. */
  expressAfter?: (app: Express) => void | Promise<void>
  unhandledMethod?: 'answer' | 'next'
}

export type HostName = 'fastify' | 'fastify inject' | 'fastify http2' | 'express 4' | 'express 5' | 'node:http'

export const HOSTS: HostName[] = ['fastify', 'fastify inject', 'fastify http2', 'express 4', 'express 5', 'node:http']

export function start (name: HostName, options: StartOptions): Promise<RunningHost> {
  if (name.startsWith('fastify')) return startFastify(name, options)
  return name === 'node:http' ? startNode(options) : startExpress(name, options)
}

async function startFastify (name: HostName, { fastify: prepare, fastifyOptions, express: _e, expressAfter: _a, unhandledMethod: _u, ...options }: StartOptions): Promise<RunningHost> {
  const errors: any[] = []
  const stream = { write (line: string) { const entry = JSON.parse(line); if (entry.level >= 50) errors.push(entry) } }
  const isHttp2 = name === 'fastify http2'
  const server = Fastify({ logger: { level: 'info', stream }, ...(isHttp2 ? { http2: true } : {}), ...fastifyOptions } as FastifyServerOptions)
  await prepare?.(server)
  await server.register(appRoutes, options)
  if (name === 'fastify inject') {
    await server.ready()
    return {
      name,
      errors,
      url: '',
      fastify: server,
      send: async (request) => {
        const { path, method = 'GET', headers, body } = normal(request)
        const response = await server.inject({ method: method as 'GET', url: path, headers, payload: body as string })
        return received(response.statusCode, response.statusMessage, response.headers as Received['headers'], response.rawPayload)
      },
      close: async () => { await server.close() }
    }
  }
  await server.listen({ port: 0, host: 'localhost' })
  const url = `http://localhost:${(server.server.address() as AddressInfo).port}`
  const client = isHttp2 ? http2.connect(url) : undefined
  return {
    name,
    errors,
    url,
    fastify: server,
    send: (request) => client === undefined ? sendHttp1(url, request) : sendHttp2(client, request),
    close: async () => {
      client?.close()
      await server.close()
    }
  }
}

async function startExpress (name: HostName, { express: prepare, expressAfter, prefix, fastify: _f, fastifyOptions: _o, ...options }: StartOptions): Promise<RunningHost> {
  const errors: any[] = []
  const app = (name === 'express 4' ? express4() : express()) as unknown as Express
  await prepare?.(app)
  const middleware = expressRoutes(options as any)
  if (prefix === undefined) app.use(middleware as any)
  else app.use(prefix, middleware as any)
  await expressAfter?.(app)
  app.use((error: any, _req: any, res: any, _next: any) => {
    errors.push(error)
    res.status(error.statusCode ?? 500).end()
  })
  await middleware.ready()
  return listen(name, http.createServer(app), middleware, errors)
}

async function startNode ({ express: _e, expressAfter: _a, prefix, fastify: _f, fastifyOptions: _o, ...options }: StartOptions): Promise<RunningHost> {
  if (prefix !== undefined) throw new Error('node:http has no mount paths')
  const middleware = expressRoutes(options as any)
  await middleware.ready()
  const errors: any[] = []
  const server = http.createServer((req, res) => {
    middleware(req, res, (error) => {
      if (error !== undefined) errors.push(error)
      res.statusCode = error === undefined ? 404 : (error as any).statusCode ?? 500
      res.end()
    })
  })
  return listen('node:http', server, middleware, errors)
}

async function listen (name: HostName, server: http.Server, middleware: AppRoutesMiddleware, errors: any[]): Promise<RunningHost> {
  await new Promise<void>((resolve) => { server.listen(0, 'localhost', resolve) })
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  return {
    name,
    errors,
    url,
    middleware,
    send: (request) => sendHttp1(url, request),
    close: async () => {
      const closed = new Promise((resolve) => { server.close(resolve) })
      server.closeIdleConnections()
      await middleware.close()
      await closed
    }
  }
}

const normal = (request: Sent | string): Sent => typeof request === 'string' ? { path: request } : request

function received (status: number, statusText: string, headers: Received['headers'], body: Buffer): Received {
  const text = body.toString('utf8')
  return { status, statusText, headers, body, text, json: () => JSON.parse(text) }
}

/** Sends one request on a connection of its own. */
export function sendHttp1 (url: string, request: Sent | string): Promise<Received> {
  const { path, method = 'GET', headers = {}, body } = normal(request)
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const req = http.request({ hostname, port, path, method, headers: { ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }), ...headers }, agent: false }, (res) => {
      collect(res).then((chunks) => { resolve(received(res.statusCode!, res.statusMessage!, res.headers, chunks)) }, reject)
    })
    req.on('error', reject)
    req.end(body)
  })
}

function sendHttp2 (client: http2.ClientHttp2Session, request: Sent | string): Promise<Received> {
  const { path, method = 'GET', headers = {}, body } = normal(request)
  return new Promise((resolve, reject) => {
    const stream = client.request({ ':method': method, ':path': path, ...headers }, { endStream: body === undefined })
    let head: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader
    stream.on('response', (responseHeaders) => { head = responseHeaders })
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('end', () => { resolve(received(head[':status']!, '', head as Received['headers'], Buffer.concat(chunks))) })
    if (body !== undefined) stream.end(body)
  })
}

async function collect (res: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of res) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Runs a test on every host, each with a running server. */
export function onEveryHost (t: any, options: StartOptions, test: (t: any, host: RunningHost) => Promise<void>, hosts: HostName[] = HOSTS): void {
  for (const name of hosts) {
    t.test(name, async (t: any) => {
      const host = await start(name, options)
      t.teardown(() => host.close())
      await test(t, host)
    })
  }
}
