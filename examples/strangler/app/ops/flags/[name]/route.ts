import type { NextRequest } from 'next/server'
import { readJson } from '../../../../../lib/json.ts'
import { setFlag } from '../../../../lib/flags.ts'

/** `{ "percent": 50 }`: from the next request on, half of the customers have the new code. */
export async function PUT (request: NextRequest, { params }: { params: Promise<{ name: string }> }) {
  const { percent } = (await readJson(request) ?? {}) as { percent?: unknown }
  if (!Number.isInteger(percent) || (percent as number) < 0 || (percent as number) > 100) return Response.json({ error: 'Send a percent from 0 to 100.' }, { status: 400 })
  const { name } = await params
  if (!await setFlag(name, percent as number)) return Response.json({ error: 'No such flag.' }, { status: 404 })
  return Response.json({ name, percent })
}
