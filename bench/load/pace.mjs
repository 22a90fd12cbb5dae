/**
 * `node pace.mjs URL RATE WARM-UP SECONDS` sends requests at a steady rate, on 32 connections, and tells the p99 latency in µs.
 *
 * A latency runs from the moment at which its request was due, whether or not a connection was free then: a server that
 * stalls delays all that should have been sent meanwhile. Spins, since timers are too coarse.
 */
import { once } from 'node:events'
import net from 'node:net'
import { createHistogram } from 'node:perf_hooks'

const [, , url, ...numbers] = process.argv
const [rate, warmUp, duration] = numbers.map(Number)
const { port, pathname, search, host } = new URL(url)
const request = `GET ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n\r\n`
const histogram = createHistogram()
const free = []
let sent = 0
let answered = 0

async function connect () {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const connection = { socket, due: 0, missing: 0 }
  socket.write(request)
  const [first] = await once(socket, 'data')
  // All answers are as long as the first, but for their Date, which has always the same length.
  const size = first.length
  socket.on('data', (chunk) => {
    connection.missing -= chunk.length
    if (connection.missing > 0) return
    if (connection.missing < 0 || chunk.toString('latin1', 9, 12) !== '200') throw new Error(`${url}: another answer under load: ${chunk}`)
    answered++
    if (connection.due >= warmUp * 1000) histogram.record(Math.max(1, Math.round((performance.now() - start - connection.due) * 1000)))
    free.push(connection)
  })
  socket.on('close', () => { throw new Error(`${url}: a connection ended`) })
  return Object.assign(connection, { size })
}

function spin () {
  const now = performance.now() - start
  for (let due = sent / rate * 1000; due <= now && free.length > 0; due = ++sent / rate * 1000) {
    if (due > (warmUp + duration) * 1000) break
    const connection = free.pop()
    connection.due = due
    connection.missing = connection.size
    connection.socket.write(request)
  }
  if (sent / rate < warmUp + duration || answered < sent) setImmediate(spin)
  else process.send({ p99: histogram.percentile(99) })
}

free.push(...await Promise.all(Array.from({ length: 32 }, connect)))
const start = performance.now()
spin()
