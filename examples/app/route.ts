import { readFile } from 'node:fs/promises'
import { cookies } from 'next/headers'

// Files beside a route file are served by nobody and imported by nobody, unless the route file does so.
const page = await readFile(new URL('./index.html', import.meta.url), 'utf8')

export async function GET () {
  const theme = (await cookies()).get('theme')?.value
  const html = theme === 'light' || theme === 'dark' ? page.replace('data-theme="auto"', `data-theme="${theme}"`) : page
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8' } })
}
