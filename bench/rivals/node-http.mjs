import { parseCookie, stringifySetCookie } from 'cookie'
import { json } from 'node:stream/consumers'
import { listen } from './listen.mjs'

export const start = () => listen((req, res) => {
  const at = req.url.indexOf('?')
  const pathname = at === -1 ? req.url : req.url.slice(0, at)
  const handler = ROUTES[pathname]
  if (handler !== undefined) return handler(req, res)
  const [, slug] = /^\/items\/([^/]+)$/.exec(pathname)
  const page = new URLSearchParams(req.url.slice(at)).get('page')
  send(res, { slug: decodeURIComponent(slug), page, tenant: req.headers['x-tenant'] })
})

const ROUTES = {
  '/json': (req, res) => send(res, { hello: 'world' }),
  '/next-response': (req, res) => {
    const setCookie = stringifySetCookie('session', 'abc123', { path: '/', httpOnly: true, sameSite: 'lax' })
    send(res, { id: 7, name: 'Ada' }, { 'cache-control': 'no-store', 'x-version': '3', 'set-cookie': setCookie })
  },
  '/session': ({ headers }, res) => send(res, { session: parseCookie(headers.cookie ?? '').session, tenant: headers['x-tenant'] }),
  '/echo': async (req, res) => send(res, await json(req))
}

function send (res, value, headers) {
  const body = JSON.stringify(value)
  res.writeHead(200, { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  res.end(body)
}
