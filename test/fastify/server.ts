/** A Fastify server around an app directory that is written down in the test. */
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import type { AddressInfo } from 'node:net'
import appRoutes, { type AppRoutesOptions } from 'fastify-app-routes'
import { sendHttp1, type Received, type Sent } from '../hosts.ts'

export interface LogLine { level: number, msg: string, err?: any, [name: string]: any }

export interface Running {
  server: FastifyInstance
  port: number
  url: string
  logs: LogLine[]
  /** What was logged at level `error` or above. */
  errors: () => LogLine[]
  send: (request: Sent | string) => Promise<Received>
}

export interface Setup {
  /** Runs before the directory is registered. */
  before?: (server: FastifyInstance) => unknown
  /** Runs after it. */
  after?: (server: FastifyInstance) => unknown
  options?: Omit<AppRoutesOptions, 'dir'>
  server?: Record<string, unknown>
}

/** What route files and tests tell each other. Route files reach it as `globalThis.bus`. */
export const bus: EventEmitter & Record<string, any> = new EventEmitter() as never
bus.setMaxListeners(0)
;(globalThis as { bus?: EventEmitter }).bus = bus

/** An app directory from URL paths and the code of their route files. */
export function appDir (t: any, routes: Record<string, string>): string {
  const tree: Record<string, any> = {}
  for (const [path, code] of Object.entries(routes)) {
    let at = tree
    for (const folder of path.split('/').filter(Boolean)) at = at[folder] ??= {}
    at['route.ts'] = `declare const bus: any\n${code}\n`
  }
  return t.testdir(tree)
}

export function logged (options: Record<string, unknown> = {}): { logs: LogLine[], server: FastifyInstance } {
  const logs: LogLine[] = []
  const stream = { write (line: string) { logs.push(JSON.parse(line)) } }
  const { logger, ...rest } = options
  const server = Fastify({ logger: { level: 'info', ...logger as object, stream }, forceCloseConnections: true, ...rest } as FastifyServerOptions) as FastifyInstance
  return { logs, server }
}

export async function serve (t: any, routes: Record<string, string>, { before, after, options, server: serverOptions }: Setup = {}): Promise<Running> {
  const { logs, server } = logged(serverOptions)
  t.teardown(() => server.close())
  await before?.(server)
  await server.register(appRoutes, { dir: appDir(t, routes), ...options })
  await after?.(server)
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return { server, port, url, logs, errors: () => logs.filter(({ level }) => level >= 50), send: (request) => sendHttp1(url, request) }
}

/** Registers a directory and starts the server; rejects as Fastify's "ready" does. */
export async function startWith (server: FastifyInstance, argument: unknown): Promise<void> {
  await server.register(appRoutes, argument as string).ready()
}

/** Sends raw bytes and gives what comes back until the server ends the connection. */
export async function raw (port: number, ...parts: string[]): Promise<string> {
  const socket = net.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  for (const part of parts) socket.write(part)
  let received = ''
  socket.setEncoding('latin1').on('data', (text) => { received += text as unknown as string })
  await once(socket, 'close')
  return received
}

/** Begins a request and gives its response as soon as its headers are there. */
export function open (url: string, { path, method = 'GET', headers = {}, body }: Sent, agent: http.Agent | false = false): Promise<{ request: http.ClientRequest, response: http.IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const request = http.request({ hostname, port, path, method, headers, agent }, (response) => { resolve({ request, response }) })
    request.on('error', reject)
    request.end(body)
  })
}

export async function textOf (response: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

export const tick = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })
