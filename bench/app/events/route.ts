const encoder = new TextEncoder()

export async function GET () {
  let timer: NodeJS.Timeout
  const body = new ReadableStream({
    start (controller) {
      let id = 0
      timer = setInterval(() => controller.enqueue(encoder.encode(`id: ${id++}\ndata: {"hello":"world"}\n\n`)), 100)
    },
    cancel () {
      clearInterval(timer)
    }
  })
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}
