/** What 13 and 14 keep in other ways than 15 and 16 do. */
import t from 'tap'
import type { Received, RunningHost } from '../hosts.ts'
import { origin, type Origin } from './origin.ts'
import { route, serve } from './serve.ts'

/** A statement that fetches from a path of its own. */
const answer = ({ url }: Origin, path: string, init = '{}', rest = '""'): string => `return new Response(await (await fetch("${url}/${path}", ${init})).text() + ${rest})`

/** Whether who asks twice gets one answer, or what was fetched for one. */
async function isKept (host: RunningHost, path: string, method = 'GET'): Promise<boolean> {
  const ask = async (): Promise<Received> => await host.send({ path, method })
  const first = await ask()
  return first.status === 200 && (await ask()).text === first.text
}

const VERBS = ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

for (const name of ['fastify', 'express 5'] as const) {
  t.test(`what a file with other verbs than GET fetches is kept where that is asked for: ${name}`, async (t) => {
    const from = await origin(t)
    const files = (verb: string): object => ({
      only: route(`export async function ${verb} () { ${answer(from, `${verb}-only`)} }`),
      send: route(`export async function ${verb} () { ${answer(from, `${verb}-send`, '{ method: "POST", body: "x" }')} }`),
      late: route(`export async function ${verb} (request) { ${answer(from, `${verb}-late`, '{ method: "POST" }', 'await request.text()')} }`),
      read: route(`export const ${verb} = () => new Response()\nexport async function GET () { ${answer(from, `${verb}-read`)} }`),
      timed: route(`export const revalidate = 60\nexport async function ${verb} () { ${answer(from, `${verb}-timed`)} }`),
      forced: route(`export const dynamic = "force-static"\nexport async function ${verb} () { ${answer(from, `${verb}-forced`)} }`),
      byFile: route(`export const fetchCache = "default-cache"\nexport async function ${verb} () { ${answer(from, `${verb}-byFile`)} }`),
      byCall: route(`export async function ${verb} () { ${answer(from, `${verb}-byCall`, '{ cache: "force-cache" }')} }`),
      byTime: route(`export async function ${verb} () { ${answer(from, `${verb}-byTime`, '{ next: { revalidate: 60 } }')} }`)
    })
    for (const compat of [13, 14] as const) {
      const host = await serve(t, name, Object.fromEntries(VERBS.map((verb) => [verb, files(verb)])), { compat })
      for (const verb of VERBS) {
        for (const key of Object.keys(files(verb))) {
          t.equal(await isKept(host, `/${verb}/${key}`, key === 'read' ? 'GET' : verb), key.startsWith('by'), `${compat} ${verb} ${key}`)
        }
      }
    }
  })
}

for (const name of ['fastify', 'express 5'] as const) {
  t.test(`force-dynamic and force-no-store are stronger in 13 than in 14: ${name}`, async (t) => {
    const from = await origin(t)
    for (const compat of [13, 14] as const) {
      const host = await serve(t, name, {
        dynamic: route(`export const dynamic = "force-dynamic"\nexport async function GET () { ${answer(from, `${compat}-dynamic`)} }`),
        asked: route(`export const dynamic = "force-dynamic"\nexport async function GET () { ${answer(from, `${compat}-asked`, '{ cache: "force-cache" }')} }`),
        '[id]': route(`export const fetchCache = "force-no-store"\nexport async function GET (request) { request.headers.get("x-a"); ${answer(from, `${compat}-id`, '{ cache: "force-cache" }')} }`)
      }, { compat })
      t.equal(await isKept(host, '/dynamic'), compat === 14, `${compat} dynamic`)
      t.equal(await isKept(host, '/id'), compat === 14, `${compat} force-no-store`)
      t.equal(await isKept(host, '/asked'), true, `${compat} force-cache`)
    }
  })
}

t.test('a time that is null is none in 13, and an error later', async (t) => {
  const from = await origin(t)
  for (const compat of [13, 14, 15, 16] as const) {
    const host = await serve(t, 'fastify', { null: route(`export async function GET () { ${answer(from, 'null', '{ next: { revalidate: null } }')} }`) }, { compat })
    t.equal((await host.send('/null')).status, compat === 13 ? 200 : 500, String(compat))
    if (compat !== 13) t.match(host.errors[0].err.message, 'Invalid revalidate value "null" on "/null", must be a non-negative number or false')
  }
})

t.test('14: no-store beside a time makes a route dynamic, and what it fetches is kept', async (t) => {
  const from = await origin(t)
  const host = await serve(t, 'fastify', { both: route(`let made = 0\nexport async function GET () { ${answer(from, 'both', '{ cache: "no-store", next: { revalidate: 100 } }', '" " + ++made')} }`) }, { compat: 14 })
  t.equal((await host.send('/both')).text, '1 1')
  t.equal((await host.send('/both')).text, '1 2')
})
