/**
 * `node listen.mjs URL CLIENTS` keeps that many event streams open. Tells when each has had its first event, and then for each message
 * how many events there were so far.
 */
import net from 'node:net'

const [, , url, clients] = process.argv
const { port, pathname } = new URL(url)
let started = 0
let events = 0

for (let i = 0; i < clients; i++) {
  const socket = net.connect(port, '127.0.0.1')
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: localhost\r\n\r\n`)
  let isStarted = false
  socket.on('data', (chunk) => {
    const seen = countEvents(chunk)
    events += seen
    if (isStarted || seen === 0) return
    isStarted = true
    if (++started === Number(clients)) process.send({ events })
  })
  socket.on('close', () => { throw new Error(`${url} ended`) })
}

function countEvents (chunk) {
  let count = 0
  for (let at = chunk.indexOf('data:'); at !== -1; at = chunk.indexOf('data:', at + 5)) count++
  return count
}

process.on('message', () => process.send({ events }))
