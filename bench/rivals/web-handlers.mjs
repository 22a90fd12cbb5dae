import { parseCookie, stringifySetCookie } from 'cookie'

const CHUNK = new Uint8Array(64 * 1024).fill(120)
const encoder = new TextEncoder()

/**
 * The routes of app/ for servers that take Web handlers. The code is that of the route files but where these use what Next.js brings;
 * `Response` is the one that the server recommends.
 */
export function webHandlers (Response) {
  return {
    json: async () => Response.json({ hello: 'world' }),

    nextResponse: async () => {
      const response = Response.json({ id: 7, name: 'Ada' }, { headers: { 'cache-control': 'no-store', 'x-version': '3' } })
      response.headers.append('set-cookie', stringifySetCookie('session', 'abc123', { path: '/', httpOnly: true, sameSite: 'lax' }))
      return response
    },

    item: async (request, { slug }) => {
      const page = new URL(request.url).searchParams.get('page')
      const tenant = request.headers.get('x-tenant')
      return Response.json({ slug, page, tenant })
    },

    session: async ({ headers }) => {
      const { session } = parseCookie(headers.get('cookie') ?? '')
      return Response.json({ session, tenant: headers.get('x-tenant') })
    },

    echo: async (request) => Response.json(await request.json()),

    upload: async (request) => {
      const form = await request.formData()
      const file = form.get('file')
      const bytes = await file.arrayBuffer()
      return Response.json({ title: form.get('title'), name: file.name, size: bytes.byteLength })
    },

    stream: async (request) => {
      let left = Number(new URL(request.url).searchParams.get('chunks'))
      const body = new ReadableStream({
        pull (controller) {
          if (left-- > 0) controller.enqueue(CHUNK)
          else controller.close()
        }
      })
      return new Response(body, { headers: { 'content-type': 'application/octet-stream' } })
    },

    events: async () => {
      let timer
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
  }
}
