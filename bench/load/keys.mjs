/**
 * `node keys.mjs URL FROM TO` asks once for each of the paths `URL/0000000` …, as fast as they are answered on 32 connections, and
 * tells when all are answered.
 */
import { once } from 'node:events'
import net from 'node:net'

const [, , url, from, to] = process.argv
const { port, pathname, host } = new URL(url)
let next = Number(from)

async function ask () {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  send(socket)
  const [first] = await once(socket, 'data')
  // All answers are as long as the first: their keys are, too.
  let missing = 0
  const received = (chunk) => {
    missing -= chunk.length
    if (missing > 0) return
    if (missing < 0 || chunk.toString('latin1', 9, 12) !== '200') throw new Error(`${url}: another answer under load: ${chunk}`)
    if (next >= to) return socket.end()
    missing = first.length
    send(socket)
  }
  missing = first.length
  socket.on('data', received)
  received(first)
  await once(socket, 'close')
  if (missing > 0) throw new Error(`${url}: a connection ended`)
}

function send (socket) {
  socket.write(`GET ${pathname}/${String(next++).padStart(7, '0')} HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
}

await Promise.all(Array.from({ length: 32 }, ask))
process.send({})
