import { jwtVerify, SignJWT } from 'jose'
import { NextResponse, type NextRequest } from 'next/server'

const secret = new TextEncoder().encode('a secret of the tests alone')

export async function POST (request: NextRequest) {
  const { sub } = await request.json()
  const token = await new SignJWT({ role: 'admin' }).setProtectedHeader({ alg: 'HS256' }).setSubject(sub).setExpirationTime('1h').sign(secret)
  const response = NextResponse.json({ token })
  response.cookies.set('token', token, { httpOnly: true, path: '/' })
  return response
}

export async function GET (request: NextRequest) {
  const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? request.cookies.get('token')?.value
  try {
    const { payload } = await jwtVerify(token ?? '', secret)
    return NextResponse.json({ sub: payload.sub, role: payload.role })
  } catch (error) {
    return NextResponse.json({ error: (error as { code: string }).code }, { status: 401 })
  }
}
