import { createRequire } from 'node:module'
import path from 'node:path'

/** The real one, which the bench has built in NEXT_DIR. Does what `next start` does, in this process. */
export async function start () {
  const dir = process.env.NEXT_DIR
  const { startServer } = createRequire(path.join(dir, 'x'))('next/dist/server/lib/start-server')
  await startServer({ dir, port: 0, hostname: '127.0.0.1', isDev: false })
  // There Next.js leaves the port that it got.
  return Number(process.env.PORT)
}
