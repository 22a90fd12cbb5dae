import type { NextRequest } from 'next/server'

const CHUNK = new Uint8Array(64 * 1024).fill(120)

export async function GET (request: NextRequest) {
  let left = Number(request.nextUrl.searchParams.get('chunks'))
  const body = new ReadableStream({
    pull (controller) {
      if (left-- > 0) controller.enqueue(CHUNK)
      else controller.close()
    }
  })
  return new Response(body, { headers: { 'content-type': 'application/octet-stream' } })
}
