import { start, type HostName, type Received, type RunningHost, type StartOptions } from '../hosts.ts'

export const route = (text: string): { 'route.js': string } => ({ 'route.js': text })

/** Serves route files by their path; nothing is made ahead unless the test says so. */
export async function serve (t: any, name: HostName, files: object, options: Partial<StartOptions> = {}): Promise<RunningHost> {
  const { cache, ...more } = options
  const host = await start(name, { dir: t.testdir(files), ...more, cache: { prerender: 'lazy', ...cache } })
  t.teardown(() => host.close())
  return host
}

export const state = ({ headers }: Received): unknown => headers['x-nextjs-cache']

/** `HIT text` */
export const seen = (received: Received): string => `${String(state(received) ?? '-')} ${received.text}`

/** The caches as the server has them. */
export const handle = (host: RunningHost): NonNullable<RunningHost['middleware']>['cache'] => host.fastify?.appRoutes ?? host.middleware!.cache
