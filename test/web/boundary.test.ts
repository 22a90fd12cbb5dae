/** What adapters between Node.js and Fetch have got wrong, one after the other. */
import { after } from 'fastify-app-routes/server'
import type { Express } from 'express'
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { setProbe, startProbed } from './probe.ts'

const HOSTS = ['fastify', 'fastify http2', 'express 5', 'node:http'] as const

for (const name of HOSTS) {
  t.test(name, async (t) => {
    const host = await startProbed(t, name)

    t.test('an answer that the client got does not abort the signal, whether the body was read or not', async (t) => {
      for (const reads of [true, false]) {
        const signals: AbortSignal[] = []
        let aborted: boolean | undefined
        const ran = new Promise<void>((resolve) => {
          void host.answer({ method: 'POST', path: '/', body: 'x' }, async (request) => {
            signals.push(request.signal)
            if (reads) await request.text()
            after(() => {
              aborted = request.signal.aborted
              resolve()
            })
            return new Response('answer')
          })
        })
        await ran
        t.same([aborted, signals[0]!.aborted], [false, false])
      }
    })

    t.test('names that every object has are no headers', async (t) => {
      const names = ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf']
      t.same(await host.probe('/', ({ headers }) => names.map((key) => [headers.get(key), headers.has(key)])), names.map(() => [null, false]))
      t.same(await host.probe({ path: '/', headers: { constructor: 'sent' } }, ({ headers }) => headers.get('constructor')), 'sent')
    })

    t.test('pseudo-headers are no headers', async (t) => {
      t.same(await host.probe('/', ({ headers }) => [...headers.keys()].filter((key) => key.startsWith(':'))), [])
    })

    t.test('headers that were looked at early are those of the request later', async (t) => {
      t.same(await host.probe({ path: '/', headers: { 'x-a': '1' } }, (request) => {
        const { headers } = request
        const seen = [headers.get('x-a'), [...headers].length > 0]
        headers.set('x-a', '2')
        return [...seen, request.headers.get('x-a'), request.headers === headers, request.clone().headers.get('x-a')]
      }), ['1', true, '2', true, '2'])
    })
  })
}

t.test('a body whose stream has an encoding is read as it was sent', async (t) => {
  const sent = Buffer.from([0x66, 0xc3, 0xbc, 0xff, 0x00])
  for (const encoding of ['latin1', 'hex', 'base64'] as const) {
    const host = await startProbed(t, 'express 5', {
      express: (app: Express) => {
        app.use((req, _res, next) => {
          req.setEncoding(encoding)
          next()
        })
      }
    })
    const read = await host.probe({ method: 'POST', path: '/', body: sent }, async (request) => Buffer.from(await request.arrayBuffer()))
    t.same(read, sent, encoding)
    const streamed = await host.probe({ method: 'POST', path: '/', body: sent }, async (request) => Buffer.from(await new Response(request.body).arrayBuffer()))
    t.same(streamed, sent, `${encoding}, as a stream`)
  }
})

for (const name of ['fastify', 'express 5', 'node:http'] as const) {
  t.test(`a body that has arrived completely is there after its client has left (${name})`, async (t) => {
    const host = await startProbed(t, name)
    for (const reads of ['text', 'stream'] as const) {
      const socket = connect(Number(new URL(host.url).port), '127.0.0.1')
      const text = await new Promise<string>((resolve, reject) => {
        setProbe('leaves', async (request) => {
          const left = once(request.signal, 'abort')
          socket.destroy()
          await left
          const read = reads === 'text' ? request.text() : new Response(request.body).text()
          read.then(resolve, reject)
          return new Response('nobody gets this')
        })
        socket.write('POST / HTTP/1.1\r\nhost: localhost\r\nx-probe: leaves\r\ncontent-length: 14\r\n\r\nthe whole body')
      })
      t.equal(text, 'the whole body', reads)
    }
  })

  t.test(`a body that has arrived in part is an AbortError, whether its reading began before or after its client has left (${name})`, async (t) => {
    const host = await startProbed(t, name)
    for (const reads of ['text', 'stream'] as const) {
      for (const begins of ['before', 'after'] as const) {
        const socket = connect(Number(new URL(host.url).port), '127.0.0.1')
        const error = await new Promise<{ name?: string, code?: unknown }>((resolve) => {
          setProbe('leaves', async (request) => {
            const read = async (): Promise<string> => reads === 'text' ? await request.text() : await new Response(request.body).text()
            const left = once(request.signal, 'abort')
            const early = begins === 'before' ? read() : undefined
            early?.catch(() => {})
            socket.resetAndDestroy()
            await left
            await (early ?? read()).then(() => { resolve({}) }, resolve)
            return new Response('nobody gets this')
          })
          socket.write('POST / HTTP/1.1\r\nhost: localhost\r\nx-probe: leaves\r\ncontent-length: 14\r\n\r\nthe half')
        })
        t.equal(error.name, 'AbortError', `${reads}, ${begins}`)
      }
    }
  })
}
