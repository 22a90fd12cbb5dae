/** `node drain.mjs URL SIZE` reads one body as fast as Node.js can, into one buffer, and tells how many seconds that took. */
import net from 'node:net'

const [, , url, size] = process.argv
const { port, pathname, search } = new URL(url)
const buffer = Buffer.allocUnsafe(1024 * 1024)
let received = 0
let status

const socket = net.connect({
  port,
  host: '127.0.0.1',
  onread: {
    buffer,
    callback (length) {
      status ??= buffer.toString('latin1', 9, 12)
      received += length
      return true
    }
  }
})
const start = performance.now()
socket.write(`GET ${pathname}${search} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
socket.on('close', () => {
  const seconds = (performance.now() - start) / 1000
  if (status !== '200' || received < size) throw new Error(`${url}: status ${status}, ${received} bytes`)
  process.send({ seconds })
})
