import { cookies } from 'next/headers'
import { NextResponse, type NextRequest } from 'next/server'

export async function GET () {
  const theme = (await cookies()).get('theme')?.value ?? 'auto'
  return NextResponse.json({ theme })
}

/** A form with the field `theme`; works without any script on the page. */
export async function POST (request: NextRequest) {
  const theme = (await request.formData()).get('theme')
  const jar = await cookies()
  if (theme === 'light' || theme === 'dark') jar.set('theme', theme, { httpOnly: true, sameSite: 'lax', maxAge: 365 * 24 * 60 * 60 })
  else jar.delete('theme')
  // 303, so that the browser fetches the page with GET; redirect() would say 307 and repeat the POST.
  return NextResponse.redirect(new URL('/', request.url), 303)
}
