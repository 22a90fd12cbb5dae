/**
 * `node burst.mjs REQUESTS URL…` connects so often to these addresses in turn, then sends one request on every connection at once, and tells
 * when all are answered.
 */
import { once } from 'node:events'
import net from 'node:net'

const [, , requests, ...urls] = process.argv

async function connect (_, i) {
  const { port, pathname, host } = new URL(urls[i % urls.length])
  const socket = net.connect({ port, host: '127.0.0.1' }).setEncoding('latin1')
  await once(socket, 'connect')
  return { socket, request: `GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n` }
}

async function send ({ socket, request }) {
  socket.write(request)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(`another answer under load: ${answer}`)
}

const connections = await Promise.all(Array.from({ length: Number(requests) }, connect))
await Promise.all(connections.map(send))
process.send({})
