/** Runs code of a test inside a route handler, on the request that really came through a server. */
import type { NextRequest } from 'fastify-app-routes/server'
import { start, type HostName, type RunningHost, type Sent, type StartOptions } from '../hosts.ts'

export type Look = (request: NextRequest, context: { params: any }) => unknown

const probes = ((globalThis as any)[Symbol.for('test.probes')] ??= new Map<string, Look>()) as Map<string, Look>
let count = 0

/** Runs for requests that the test itself sends, with `x-probe: ID`. */
export function setProbe (id: string, look: Look): void {
  probes.set(id, look)
}

const ROUTE = `
const run = (request: Request, context: unknown) => (globalThis as any)[Symbol.for('test.probes')].get(request.headers.get('x-probe'))(request, context)
export { run as GET, run as POST, run as PUT, run as PATCH, run as DELETE, run as OPTIONS }
`

export interface ProbedHost extends RunningHost {
  /** Sends a request, and gives or throws what `look` gave or threw in its handler. */
  probe: <T>(sent: Sent | string, look: (request: NextRequest, context: { params: any }) => T) => Promise<Awaited<T>>
  /** The handler answers with what `answer` gives, and the answer is given. */
  answer: (sent: Sent | string, answer: Look) => ReturnType<RunningHost['send']>
}

/** A server whose `/`, `/x/[...rest]` and `/p/[slug]` run probes. */
export async function startProbed (t: any, name: HostName, options: Omit<StartOptions, 'dir'> = {}): Promise<ProbedHost> {
  const dir = t.testdir({ app: { 'route.ts': ROUTE, x: { '[...rest]': { 'route.ts': ROUTE } }, p: { '[slug]': { 'route.ts': ROUTE } } } }) + '/app'
  const host = await start(name, { dir, ...options })
  t.teardown(() => host.close())
  const answer: ProbedHost['answer'] = async (sent, look) => {
    const id = String(count++)
    probes.set(id, look)
    const { headers, ...rest } = typeof sent === 'string' ? { path: sent, headers: {} } : sent
    try {
      return await host.send({ ...rest, headers: { ...headers, 'x-probe': id } })
    } finally {
      probes.delete(id)
    }
  }
  return {
    ...host,
    answer,
    probe: async (sent, look) => {
      let outcome: { value: any } | { error: unknown } | undefined
      const response = await answer(sent, async (request, context) => {
        try {
          outcome = { value: await look(request, context) }
        } catch (error) {
          outcome = { error }
        }
        return new Response()
      })
      if (outcome === undefined) throw new Error(`The handler did not run: ${response.status} ${response.text}`)
      if ('error' in outcome) throw outcome.error
      return outcome.value
    }
  }
}
