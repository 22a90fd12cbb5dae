import { json } from 'node:stream/consumers'
import { listen } from './listen.mjs'

export const start = () => listen(async (req, res) => {
  const body = JSON.stringify(req.method === 'POST' ? await json(req) : { hello: 'world' })
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  res.end(body)
})
