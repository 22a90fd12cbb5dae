/**
 * An upstream of https:. The certificates of ./tls are of one authority and one key, for these tests alone: `ca.pem` has
 * signed the others, which are made for the name in their own, or had expired in 2020.
 */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'
import { onEveryHost, start, type HostName } from '../hosts.ts'
import { listenAt } from './listen.ts'

const file = (name: string): string => path.join(import.meta.dirname, 'tls', `${name}.pem`)
const pem = (name: string): string => readFileSync(file(name), 'utf8')
const key = pem('key')
const ca = pem('ca')
const dir = t.testdir({ own: { 'route.js': 'export const GET = () => new Response("own")' } })

const listen = (t: any, server: net.Server): Promise<string> => listenAt('https://localhost', t, server)

const answering: RequestListener = (req, res) => {
  let length = 0
  req.on('data', (chunk: Buffer) => { length += chunk.length }).on('end', () => {
    res.setHeader('content-type', 'application/json')
    res.end(JSON.stringify({ url: req.url, host: req.headers.host, length }))
  })
}

t.test('with an authority of its own', async (t) => {
  const upstream = await listen(t, https.createServer({ key, cert: pem('localhost') }, answering))
  onEveryHost(t, { dir, fallback: { upstream, tls: { ca } } }, async (t, host) => {
    t.equal((await host.send('/own')).text, 'own')
    const answer = await host.send({ method: 'POST', path: '/old', body: 'x'.repeat(300_000) })
    t.same(answer.json(), { url: '/old', host: new URL(upstream).host, length: 300_000 })
  })
})

t.test('the authority of NODE_EXTRA_CA_CERTS', async (t) => {
  const upstream = await listen(t, https.createServer({ key, cert: pem('localhost') }, answering))
  const script = path.join(t.testdir({
    'main.mjs': `
    import http from 'node:http'
    import { appRoutes } from 'fastify-app-routes/express'
    const routes = appRoutes({ dir: ${JSON.stringify(dir)}, fallback: { upstream: ${JSON.stringify(upstream)} } })
    const server = http.createServer(routes).listen(0, '127.0.0.1', async () => {
      const answer = await fetch('http://127.0.0.1:' + server.address().port + '/old')
      console.log(answer.status, await answer.text())
      server.close()
      server.closeAllConnections()
      await routes.close()
    })`
  }), 'main.mjs')
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env: { ...process.env, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: file('ca') } })
  t.match(stdout, /^200 \{"url":"\/old"/)
})

t.test('WebSocket upgrades', async (t) => {
  const server = https.createServer({ key, cert: pem('localhost') })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (client, req) => { client.send(`hello ${req.url}`) })
  const upstream = await listen(t, server)
  const ask = async (options: { tls?: { ca: string } }): Promise<unknown> => {
    const host = await start('fastify', { dir, fallback: { upstream, ...options }, closeTimeout: 50 })
    t.teardown(() => host.close())
    const socket = new WebSocket(`${host.url.replace('http', 'ws')}/live`)
    const outcome = await Promise.race([once(socket, 'message').then(([data]) => String(data)), once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode)])
    socket.on('error', () => {}).terminate()
    if (outcome === 502) t.match(host.errors[0]?.msg, /its certificate is signed by nobody who is trusted/)
    return outcome
  }
  t.equal(await ask({ tls: { ca } }), 'hello /live')
  t.equal(await ask({}), 502)
})

t.test('what is wrong is told', async (t) => {
  const untrusted = await listen(t, https.createServer({ key, cert: pem('localhost') }, answering))
  const cases = [
    { upstream: untrusted, tls: undefined, told: 'its certificate is signed by nobody who is trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE): name the authority in `tls.ca`, or in the environment variable NODE_EXTRA_CA_CERTS' },
    { upstream: await listen(t, https.createServer({ key, cert: pem('localhost') + ca }, answering)), tls: undefined, told: 'nobody who is trusted (SELF_SIGNED_CERT_IN_CHAIN)' },
    { upstream: await listen(t, https.createServer({ key, cert: pem('other.example') }, answering)), tls: { ca }, told: 'its certificate is for another name' },
    { upstream: await listen(t, https.createServer({ key, cert: pem('expired') }, answering)), tls: { ca }, told: 'its certificate has expired' },
    { upstream: await listen(t, net.createServer((socket) => { socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n') })), tls: { ca }, told: 'it does not speak TLS' },
    { upstream: await listen(t, https.createServer({ key, cert: pem('localhost'), requestCert: true, ca }, answering)), tls: { ca }, told: 'it closed the connection' }, // TLS 1.3 says no more to undici.
    { upstream: await listen(t, https.createServer({ key, cert: pem('localhost'), requestCert: true, ca, maxVersion: 'TLSv1.2' }, answering)), tls: { ca }, told: 'it may want a certificate' }
  ]
  for (const name of ['fastify', 'express 5'] as HostName[]) {
    for (const { upstream, tls, told } of cases) {
      const host = await start(name, { dir, fallback: { upstream, ...(tls === undefined ? {} : { tls }) } })
      t.equal((await host.send('/old')).status, 502, `${name}: ${told}`)
      const [error] = host.errors
      t.equal(error.err?.code ?? error.code, 'FAR_ERR_UPSTREAM')
      t.ok((error.msg ?? error.message as string).includes(told), error.msg ?? error.message)
      await host.close()
    }
  }
})

t.test('a certificate of ours, another name, no check at all', async (t) => {
  const asking = await listen(t, https.createServer({ key, cert: pem('localhost'), requestCert: true, ca }, answering))
  const named = await listen(t, https.createServer({ key, cert: pem('other.example') }, answering))
  for (const [upstream, tls] of [[asking, { ca, key, cert: pem('other.example') }], [named, { ca, servername: 'other.example' }], [named, { rejectUnauthorized: false }]] as const) {
    const host = await start('express 5', { dir, fallback: { upstream, tls } })
    t.equal((await host.send('/old')).status, 200, Object.keys(tls).join())
    await host.close()
  }
})

t.test('one that would speak HTTP/2, too, gets HTTP/1.1', async (t) => {
  let version = ''
  const server = http2.createSecureServer({ key, cert: pem('localhost'), allowHTTP1: true }, (req, res) => {
    version = req.httpVersion
    res.end('both')
  })
  const upstream = await listen(t, server)
  const host = await start('fastify', { dir, fallback: { upstream, tls: { ca } } })
  t.teardown(() => host.close())
  t.equal((await host.send('/old')).text, 'both')
  t.equal(version, '1.1')
})

t.test('options that cannot be are told', async (t) => {
  const start = (fallback: object) => () => expressRoutes({ dir, fallback: fallback as never })
  t.throws(start({ upstream: 'http://legacy', tls: {} }), { code: 'FAR_ERR_OPTION', message: 'The option `fallback.tls` is for an upstream of https:.' })
  t.throws(start({ upstream: 'https://legacy', tls: 'ca.pem' }), { code: 'FAR_ERR_OPTION', message: /`fallback\.tls` must be an object of options of tls\.connect\(\), not 'ca\.pem'/ })
  t.throws(start({ upstream: 'https://legacy', tls: { ca, cert: 'x', key } }), { code: 'FAR_ERR_OPTION', message: /`fallback\.tls` has what TLS cannot use/ })
})
