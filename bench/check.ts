import assert from 'node:assert/strict'
import type { Contestant } from './contestants.ts'
import type { Scenario } from './scenarios.ts'

/** A rival that answers something else does other work: nothing is measured then. */
export async function checkAnswer ({ name }: Contestant, origin: string, { name: scenario, request, expect }: Scenario): Promise<void> {
  const { path, method = 'GET', headers = {}, body = null } = request
  const response = await fetch(origin + path, { method, headers, body })
  const seen: Record<string, string | undefined> = {}
  for (const key of Object.keys(expect.headers ?? {})) seen[key] = response.headers.get(key)?.toLowerCase()
  assert.deepEqual(
    { status: response.status, body: await response.text(), headers: seen },
    { status: expect.status, body: expect.body, headers: lowerCased(expect.headers ?? {}) },
    `${name} answers wrongly in the scenario ${scenario}`
  )
}

function lowerCased (headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toLowerCase()]))
}
