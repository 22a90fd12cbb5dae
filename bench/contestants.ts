import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'

/** A server that takes part. */
export interface Contestant {
  name: string
  /** Its file in rivals/. */
  module: string
  env?: Record<string, string>
}

/** The packages that each file of rivals/ needs besides the devDependencies of the project. */
const PACKAGES: Record<string, string[]> = {
  'app-routes': [],
  'app-routes-express': [],
  fastify: [],
  express: [],
  'node-http': [],
  hono: ['hono', '@hono/node-server'],
  h3: ['h3', 'srvx'],
  remix: ['@remix-run/node-fetch-server'],
  'whatwg-node': ['@whatwg-node/server']
}

/** The packages of a rival that are not installed. */
export function missingPackages (name: string): string[] {
  const places = createRequire(new URL('rivals/x', import.meta.url)).resolve.paths('x')!
  return PACKAGES[name]!.filter((pkg) => !places.some((place) => existsSync(`${place}/${pkg}`)))
}
