import { Router, type ErrorRequestHandler } from 'express'
import { db } from '../lib/db.ts'
import { countNotes } from '../lib/notes.ts'
import { streams } from '../lib/streams.ts'

/** Routes from before the app directory. What they don't match goes on to it. */
export const early = Router()

early.get('/legacy/status', async (_req, res) => {
  res.json({ host: 'Express', notes: await countNotes(), streams })
})

early.post('/legacy/notes', async (req, res) => {
  const title: unknown = req.body?.title
  if (typeof title !== 'string' || title === '') {
    res.status(400).json({ error: 'A note needs a title.' })
    return
  }
  const { rows } = await db.query('insert into notes (title) values ($1) returning *', [title])
  res.status(201).json(rows[0])
})

// GET of the same paths is in the app directory already. It would answer this verb with 405, and so this router stands
// before it; behind it, the option `unhandledMethod: 'next'` lets such requests through.
early.delete('/api/files/*path', async (req, res) => {
  const path = (req.params.path as unknown as string[]).join('/')
  const { affectedRows } = await db.query('delete from files where path = $1', [path])
  res.status(affectedRows === 0 ? 404 : 204).end()
})

/** Routes that get what neither those above nor the app directory match. */
export const late = Router()

late.get('/legacy/archive/:year', (req, res) => {
  res.json({ year: req.params.year, notes: [] })
})

late.use((_req, res) => {
  res.status(404).json({ error: 'Nothing here.' })
})

/** What a handler throws ends here, as everywhere in Express. Clients are told nothing of it. */
export const failed: ErrorRequestHandler = (error: { statusCode?: number }, _req, res, next) => {
  const status = error.statusCode ?? 500
  if (status >= 500) console.error(error)
  if (res.headersSent) return next(error)
  res.status(status).end()
}
