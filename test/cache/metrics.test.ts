/** The counter of OpenTelemetry. */
import { metrics } from '@opentelemetry/api'
import path from 'node:path'
import t from 'tap'
import { start } from '../hosts.ts'

interface Added { name: string, value: number, attributes: unknown }

t.test('what the cache does is counted from when somebody measures', async (t) => {
  const added: Added[] = []
  const provider = {
    getMeter: (meter: string) => ({
      createCounter: (counter: string) => ({
        add: (value: number, attributes: unknown) => { added.push({ name: `${meter} ${counter}`, value, attributes }) }
      })
    })
  }
  t.teardown(() => { metrics.disable() })
  const root = t.testdir({ app: { kept: { 'route.js': "export const dynamic = 'force-static'\nexport const GET = () => new Response('kept')" } } })
  const host = await start('fastify inject', { dir: path.join(root, 'app'), cache: { prerender: 'lazy' } })
  t.teardown(() => host.close())
  t.equal((await host.send('/kept')).text, 'kept')
  metrics.setGlobalMeterProvider(provider as any)
  t.equal((await host.send('/kept')).text, 'kept')
  t.same(added, [{ name: 'fastify-app-routes app_routes.cache', value: 1, attributes: { event: 'hit', kind: 'route' } }])
})
