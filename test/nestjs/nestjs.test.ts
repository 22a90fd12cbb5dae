/**
 * Route files inside a NestJS application, on Fastify and on Express. NestJS is installed in .cache/nestjs by `.ci/run`.
 * The adapters are given: where NestJS loads one itself and cannot, it ends the process, and with `logger: false` says nothing.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import t from 'tap'
import appRoutes from 'fastify-app-routes'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'

const home = path.resolve(import.meta.dirname, '../../.cache/nestjs')
const missing = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', '@nestjs/platform-fastify', 'reflect-metadata', 'rxjs']
  .filter((name) => !existsSync(path.join(home, 'node_modules', name)))
const skip = missing.length === 0 ? false : `not installed in .cache/nestjs: ${missing.join(', ')}`

const dir = t.testdir({
  app: {
    own: {
      'route.js': `
  export const GET = () => new Response('of the route file')
  export const POST = async (request) => Response.json(await request.json())`
    }
  }
})

/** A module with one controller, `GET /cats`; the decorators are called by hand, since nothing here compiles them. */
function load (): { NestFactory: any, adapterOf: (platform: string, name: string) => unknown, AppModule: unknown } {
  const require = createRequire(path.join(home, 'x.js'))
  require('reflect-metadata')
  const { Controller, Get, Module } = require('@nestjs/common') as any
  class Cats { find (): object { return { from: 'the controller' } } }
  Controller('cats')(Cats)
  Get()(Cats.prototype, 'find', Object.getOwnPropertyDescriptor(Cats.prototype, 'find'))
  class AppModule {}
  Module({ controllers: [Cats] })(AppModule)
  return {
    NestFactory: (require('@nestjs/core') as any).NestFactory,
    adapterOf: (platform, name) => new (require(`@nestjs/platform-${platform}`) as any)[name](),
    AppModule
  }
}

async function check (t: any, app: any): Promise<void> {
  await app.listen(0, '127.0.0.1')
  t.teardown(() => app.close())
  const url = await app.getUrl() as string
  t.same(await (await fetch(`${url}/cats`)).json(), { from: 'the controller' })
  t.equal(await (await fetch(`${url}/own`)).text(), 'of the route file')
  const posted = await fetch(`${url}/own`, { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } })
  t.same(await posted.json(), { a: 1 })
  const nothing = await fetch(`${url}/nothing`)
  t.equal(nothing.status, 404)
  t.match(await nothing.json(), { message: 'Cannot GET /nothing' }, 'what nobody has is NestJS\'s to answer')
}

t.test('on Fastify', { skip }, async (t) => {
  const { NestFactory, adapterOf, AppModule } = load()
  const app = await NestFactory.create(AppModule, adapterOf('fastify', 'FastifyAdapter'), { logger: false, abortOnError: false })
  await app.register(appRoutes, { dir: path.join(dir, 'app') })
  await check(t, app)
})

t.test('on Express', { skip }, async (t) => {
  const { NestFactory, adapterOf, AppModule } = load()
  const app = await NestFactory.create(AppModule, adapterOf('express', 'ExpressAdapter'), { logger: false, abortOnError: false })
  const routes = expressRoutes(path.join(dir, 'app'))
  t.teardown(() => routes.close())
  app.use(routes)
  await check(t, app)
})
