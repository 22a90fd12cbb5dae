import { existsSync } from 'node:fs'
import path from 'node:path'
import { buildNext, buildRevision, CACHE, installRivals, RIVALS } from './build.ts'
import type { Scenario } from './scenarios.ts'
import type { Settings } from './settings.ts'

/** A server that takes part. */
export interface Contestant {
  name: string
  /** Its file in rivals/. */
  module: string
  env?: Record<string, string>
}

/** A package of rivals/package.json that a rival needs. The others need what the project itself needs for its development. */
const NEEDED: Record<string, string> = {
  hono: '@hono/node-server',
  h3: 'h3',
  remix: '@remix-run/node-fetch-server',
  'whatwg-node': '@whatwg-node/server'
}

/** Whether a rival can run as things are. */
export function isInstalled (rival: string): boolean {
  if (rival === 'next') return existsSync(path.join(CACHE, 'next/.next/BUILD_ID'))
  const needed = NEEDED[rival]
  return needed === undefined || existsSync(path.join(RIVALS, 'node_modules', needed))
}

function install (rival: string): void {
  if (rival === 'next') buildNext()
  else if (!isInstalled(rival)) installRivals()
}

export function contestant (name: string): Contestant {
  return { name, module: name, ...(name === 'next' ? { env: { NEXT_DIR: path.join(CACHE, 'next') } } : {}) }
}

/** Who takes part in a scenario, its subject first. What has to be built for that is built. */
export function contestantsOf ({ subject, rivals, targets }: Scenario, { rivals: wanted, against, quick }: Settings): Contestant[] {
  const contestants = [contestant(subject)]
  if (against !== undefined) contestants.push({ name: `${subject}@${against}`, module: subject, env: { PACKAGE_DIR: buildRevision(against) } })
  const chosen = rivals.filter((name) => wanted?.includes(name) ?? (!quick || (name in targets && name !== 'next')))
  for (const rival of chosen) install(rival)
  return [...contestants, ...chosen.map(contestant)]
}
