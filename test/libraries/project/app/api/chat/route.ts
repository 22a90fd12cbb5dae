import { convertToModelMessages, simulateReadableStream, streamText, type UIMessage } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'

export const maxDuration = 30

const usage = { inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined }, outputTokens: { total: 2, text: 2, reasoning: undefined } }

const model = new MockLanguageModelV3({
  doStream: async ({ prompt }) => ({
    stream: simulateReadableStream({
      chunks: [
        { type: 'text-start', id: '1' },
        { type: 'text-delta', id: '1', delta: 'You said: ' },
        { type: 'text-delta', id: '1', delta: JSON.stringify(prompt.at(-1)?.content) },
        { type: 'text-end', id: '1' },
        { type: 'finish', finishReason: { unified: 'stop', raw: undefined }, usage }
      ]
    })
  })
})

export async function POST (req: Request) {
  const { messages }: { messages: UIMessage[] } = await req.json()
  const result = streamText({ model, messages: await convertToModelMessages(messages), abortSignal: req.signal })
  return result.toUIMessageStreamResponse()
}
