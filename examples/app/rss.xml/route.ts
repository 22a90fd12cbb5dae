import type { NextRequest } from 'next/server'
import { listNotes } from '../../lib/notes.ts'

export async function GET (request: NextRequest) {
  const { origin } = request.nextUrl
  const items = (await listNotes()).map((note) => `
    <item>
      <title>${escape(note.title)}</title>
      <description>${escape(note.body)}</description>
      <link>${escape(`${origin}/n/${note.id}`)}</link>
      <guid>${escape(`${origin}/n/${note.id}`)}</guid>
      <pubDate>${note.created.toUTCString()}</pubDate>
    </item>`)
  const feed = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0">
  <channel>
    <title>Notes</title>
    <link>${escape(origin)}/</link>
    <description>The newest notes</description>${items.join('')}
  </channel>
</rss>
`
  return new Response(feed, { headers: { 'content-type': 'application/rss+xml; charset=utf-8', 'cache-control': 'public, max-age=60' } })
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const escape = (text: string): string => text.replace(/[&<>"]/g, (char) => ENTITIES[char]!)
