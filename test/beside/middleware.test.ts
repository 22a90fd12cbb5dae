/** Middleware written for Express, ahead of route files in Fastify by way of @fastify/middie. */
import middie from '@fastify/middie'
// @ts-expect-error -- has no declarations
import session from 'express-session'
import Fastify from 'fastify'
import helmet from 'helmet'
import passport from 'passport'
// @ts-expect-error -- has no declarations
import { Strategy } from 'passport-local'
import t from 'tap'
import appRoutes from 'fastify-app-routes'
import { sendHttp1 } from '../hosts.ts'

const dir = t.testdir({
  me: {
    'route.js': `
    import { hostRequest } from 'fastify-app-routes'
    import { cookies } from 'next/headers'
    export async function GET () {
      const req = hostRequest().request.raw
      if (!req.isAuthenticated()) return new Response('who?', { status: 401 })
      req.session.views = (req.session.views ?? 0) + 1
      ;(await cookies()).set('seen', '1')
      return Response.json({ user: req.user, views: req.session.views })
    }`
  },
  login: {
    'route.js': `
    import { hostRequest } from 'fastify-app-routes'
    export async function POST (request) {
      const req = hostRequest().request.raw
      const { name } = await request.json()
      await new Promise((resolve, reject) => { req.logIn({ name }, (error) => error ? reject(error) : resolve()) })
      return Response.json({ welcome: name })
    }`
  }
})

t.test('passport, express-session and helmet', async (t) => {
  const authenticator = new passport.Passport()
  authenticator.serializeUser((user: any, done) => { done(null, user.name) })
  authenticator.deserializeUser((name: string, done) => { done(null, { name, from: 'the session' }) })
  authenticator.use(new Strategy((name: string, _password: string, done: (error: null, user: object) => void) => { done(null, { name }) }))

  const fastify = Fastify()
  await fastify.register(middie)
  fastify.use(helmet())
  fastify.use(session({ secret: 's', resave: false, saveUninitialized: false }))
  fastify.use(authenticator.initialize() as never)
  fastify.use(authenticator.session() as never)
  await fastify.register(appRoutes, dir)
  const url = await fastify.listen({ port: 0, host: 'localhost' })
  t.teardown(() => fastify.close())

  const stranger = await sendHttp1(url, '/me')
  t.equal(stranger.status, 401)
  t.ok(stranger.headers['content-security-policy'], 'headers of helmet are on answers of route files')

  const login = await sendHttp1(url, { method: 'POST', path: '/login', headers: { 'content-type': 'application/json' }, body: '{"name":"Ada"}' })
  t.same(login.json(), { welcome: 'Ada' })
  const cookie = String(login.headers['set-cookie']).split(';')[0]!
  t.match(cookie, /^connect\.sid=/, 'the session of a route file is saved')

  for (const views of [1, 2]) {
    const me = await sendHttp1(url, { path: '/me', headers: { cookie } })
    t.same(me.json(), { user: { name: 'Ada', from: 'the session' }, views })
    t.match(String(me.headers['set-cookie']), /seen=1/)
  }
})
