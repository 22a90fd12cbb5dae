import { existsSync } from 'node:fs'
import path from 'node:path'
import { withoutRedis } from '../test/cache/redis-server.ts'
import { buildNext, buildRevision, CACHE, installRivals, NEXT_ROUTES, RIVALS } from './build.ts'
import type { Scenario } from './scenarios.ts'
import type { Settings } from './settings.ts'

/** A server that takes part. */
export interface Contestant {
  name: string
  /** Its file in rivals/. */
  module: string
  env?: Record<string, string>
  /** Whether it needs a Redis, which is started for it alone. */
  redis?: boolean
}

/** What is to be known of some beside their file, which has their name otherwise. */
const KNOWN: Record<string, Partial<Contestant>> = {
  next: { env: { NEXT_DIR: path.join(CACHE, 'next') } },
  'fastify-redis': { redis: true },
  'app-routes-redis': { redis: true },
  'app-routes-redis-near': { module: 'app-routes-redis', redis: true, env: { NEAR_CACHE: '1' } }
}

/** A package of rivals/package.json that a rival needs. The others need what the project itself needs for its development. */
const NEEDED: Record<string, string> = {
  hono: '@hono/node-server',
  h3: 'h3',
  remix: '@remix-run/node-fetch-server',
  'whatwg-node': '@whatwg-node/server'
}

/** Why a contestant cannot run as things are; false: it can. */
export function whyNot (name: string): string | false {
  if (contestant(name).redis === true) return withoutRedis()
  return isInstalled(name) ? false : 'it is not installed'
}

function isInstalled (rival: string): boolean {
  const next = path.join(CACHE, 'next')
  if (rival === 'next') return existsSync(path.join(next, '.next/BUILD_ID')) && NEXT_ROUTES.every((route) => existsSync(path.join(next, 'app', route)))
  const needed = NEEDED[rival]
  return needed === undefined || existsSync(path.join(RIVALS, 'node_modules', needed))
}

function install (rival: string): void {
  if (rival === 'next') buildNext()
  else if (!isInstalled(rival)) installRivals()
}

export function contestant (name: string): Contestant {
  return { name, module: name, ...KNOWN[name] }
}

/** Who takes part in a scenario, its subject first. What has to be built for that is built. */
export function contestantsOf ({ subject, rivals, targets }: Scenario, { rivals: wanted, against, quick }: Settings): Contestant[] {
  const own = contestant(subject)
  const contestants = [own]
  if (against !== undefined) contestants.push({ ...own, name: `${subject}@${against}`, env: { ...own.env, PACKAGE_DIR: buildRevision(against) } })
  const isTelling = (name: string): boolean => name !== 'next' && (name in targets || Object.keys(targets).length === 0)
  const chosen = rivals.filter((name) => wanted?.includes(name) ?? (!quick || isTelling(name)))
  for (const rival of chosen) install(rival)
  return [...contestants, ...chosen.map(contestant)]
}
