import { setTimeout as sleep } from 'node:timers/promises'
import type { NextRequest } from 'fastify-app-routes/server'
import { streams } from '../../../lib/streams.ts'

const ANSWER = 'This answer comes word by word, as a language model would write it. Each word is an event of its own: it is on its way to you before the next one is thought of. Stop reading, and the server stops writing.'

/** `?about=…` is repeated at the beginning, `?pace=…` sets the milliseconds between two tokens. */
export function GET (request: NextRequest) {
  const { searchParams } = request.nextUrl
  const about = searchParams.get('about')?.trim()
  const pace = Math.min(Math.max(Number(searchParams.get('pace') ?? 80) || 0, 0), 1000)
  const text = about ? `You asked about “${about}”. ${ANSWER}` : ANSWER
  const body = ReadableStream.from(events(text, pace, request.signal)).pipeThrough(new TextEncoderStream())
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' } })
}

async function * events (text: string, pace: number, signal: AbortSignal) {
  let finished = false
  streams.open++
  try {
    for (const token of text.split(/(?<= )/)) {
      yield `data: ${JSON.stringify(token)}\n\n`
      // Real code hands the signal on to the model's client, so that an abandoned answer costs nothing more.
      await sleep(pace, undefined, { signal })
    }
    finished = true
    yield 'event: done\ndata: {}\n\n'
  } catch (error) {
    // The client has left, or the server is closing: the stream just ends.
    if (!signal.aborted) throw error
  } finally {
    streams.open--
    streams[finished ? 'finished' : 'abandoned']++
  }
}
