/** Files beside a module, fetched as in Next.js's edge runtime. */
import t from 'tap'
import { start } from '../hosts.ts'

const FONT = `
const font = fetch(new URL('../../font.ttf', import.meta.url)).then((res) => res.arrayBuffer())
export async function GET () {
  const response = await fetch(
    new URL("../../font.ttf", import.meta.url),
  )
  return Response.json([(await font).byteLength, response.status, response.ok, [...response.headers], await response.text()])
}
`
/** What comes from a request is no name in plain letters, whatever it leads to. */
const ASKED = `
import path from 'node:path'
export async function POST (request) {
  const asked = await request.text()
  const tries = [new URL(asked, import.meta.url), new URL(asked, import.meta.url).href]
  const errors = await Promise.all(tries.map((url) => fetch(url).then((response) => response.text(), (error) => error)))
  return Response.json(errors.map((error) => typeof error === 'string' ? error : [error.name, error.message.slice(-40), error.cause.message]))
}
export const GET = () => fetch(new URL('./missing.ttf', import.meta.url)).catch((error) => Response.json([error.name, /^fetch failed: file:.*missing\\.ttf$/.test(error.message), error.cause.code]))
`

for (const kind of ['fastify', 'express 5'] as const) {
  t.test(kind, async (t) => {
    const dir = t.testdir({ 'font.ttf': 'glyphs', 'secret.txt': 'secret', app: { font: { 'route.js': FONT }, typed: { 'route.ts': FONT.replace('(res)', '(res: Response)') }, asked: { 'route.js': ASKED } } }) + '/app'
    const host = await start(kind, { dir })
    t.teardown(() => host.close())
    for (const path of ['/font', '/typed']) t.same((await host.send(path)).json(), [6, 200, true, [], 'glyphs'], 'at the start and in a handler')
    const refused = ['TypeError', 'not implemented... yet...']
    for (const asked of ['../../secret.txt', '../../../../package.json', './route.js']) {
      const errors = (await host.send({ method: 'POST', path: '/asked', body: asked })).json() as string[][]
      t.same(errors.map(([name, , cause]) => [name, cause]), [refused, refused], asked)
      for (const [, message] of errors) t.ok(message!.endsWith(asked.slice(asked.lastIndexOf('/'))), 'which names the file')
    }
    t.same((await host.send('/asked')).json(), ['TypeError', true, 'ENOENT'])
  })
}
