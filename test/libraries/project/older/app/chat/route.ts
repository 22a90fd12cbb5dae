import { StreamingTextResponse } from 'ai'

export const runtime = 'edge'

export async function POST (req: Request) {
  const { messages } = await req.json()
  const words = `You said: ${messages.at(-1).content}`.split(/(?<= )/)
  const encoder = new TextEncoder()
  const stream = new ReadableStream({
    pull (controller) {
      const word = words.shift()
      if (word === undefined) controller.close()
      else controller.enqueue(encoder.encode(word))
    }
  })
  return new StreamingTextResponse(stream, { headers: { 'x-model': 'mock' } })
}
