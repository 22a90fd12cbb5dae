import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { Contestant } from './contestants.ts'
import type { Expected, Scenario } from './scenarios.ts'

/** A rival that answers something else does other work: nothing is measured then. */
export async function checkAnswer ({ name }: Contestant, origin: string, { name: scenario, request, expect }: Scenario): Promise<void> {
  const { path, method = 'GET', headers = {}, body } = request
  const sent = http.request(origin + path, { method, headers, agent: false })
  sent.end(body)
  const [response] = await once(sent, 'response') as [http.IncomingMessage]
  const seen: Record<string, string | undefined> = {}
  for (const key of Object.keys(expect.headers ?? {})) seen[key] = String(response.headers[key]).toLowerCase()
  assert.deepEqual(
    { status: response.statusCode, body: await readBody(response, expect), headers: seen },
    { status: expect.status, body: expect.body, headers: lowerCased(expect.headers ?? {}) },
    `${name} answers wrongly in the scenario ${scenario}`
  )
}

async function readBody (response: http.IncomingMessage, { body, isEndless = false }: Expected): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk
    if (isEndless && text.length >= body.length) return text.slice(0, body.length)
  }
  return text
}

function lowerCased (headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.toLowerCase()]))
}
