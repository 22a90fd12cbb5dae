import { unstable_cache } from 'next/cache'
import { NextRequest } from 'next/server'

let made = 0

/** Has every tag that is invalidated. */
const getItem = unstable_cache(async (id: number) => ({ id, made: ++made }), ['item'], { tags: Array.from({ length: 9 }, (_, i) => `tag-${i}`) })

export async function GET ({ nextUrl }: NextRequest) {
  return Response.json(await getItem(Number(nextUrl.searchParams.get('id'))))
}

/** Sees to it that many of them are kept. */
export async function POST (request: Request) {
  const { from, to } = await request.json() as { from: number, to: number }
  await Promise.all(Array.from({ length: to - from }, (_, i) => getItem(from + i)))
  return new Response(null, { status: 204 })
}
