import { StreamingTextResponse, streamText } from 'ai'
import { MockLanguageModelV1 } from 'ai/test'
import { convertArrayToReadableStream } from 'ai/test'

const model = new MockLanguageModelV1({
  doStream: async () => ({
    stream: convertArrayToReadableStream([
      { type: 'text-delta', textDelta: 'Hello, ' },
      { type: 'text-delta', textDelta: 'world!' },
      { type: 'finish', finishReason: 'stop', usage: { promptTokens: 1, completionTokens: 2 } }
    ]),
    rawCall: { rawPrompt: null, rawSettings: {} }
  })
})

export async function POST (req: Request) {
  const { prompt } = await req.json()
  const result = await streamText({ model, prompt })
  return new StreamingTextResponse(result.toAIStream())
}
