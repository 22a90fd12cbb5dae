import { setTimeout as sleep } from 'node:timers/promises'
import { count } from './count.ts'

export const dynamic = 'force-static'

/** Takes long enough for everybody to come meanwhile. */
export async function GET () {
  count.runs++
  await sleep(100)
  return Response.json({ hello: 'world' })
}
