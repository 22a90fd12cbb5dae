import t from 'tap'
import path from 'node:path'
import { needsContext } from '../../lib/routes/needs-context.ts'

const WITHOUT: Record<string, string> = {
  'imports nothing': 'export const GET = () => Response.json({ ok: true })',
  'imports classes of next/server': "import { NextResponse, type NextRequest } from 'next/server'\nexport const GET = (request: NextRequest) => NextResponse.json(request.nextUrl.href)",
  'imports them over several lines, and types': "import {\n  NextRequest,\n  userAgent,\n} from \"next/server.js\";\nimport type { User } from '@/lib/users'\nexport const GET = (request: NextRequest) => Response.json(userAgent(request))",
  'imports classes from this package': "import { NextResponse } from 'fastify-app-routes/server'\nexport const GET = () => NextResponse.json(Array.from('abc'))"
}

const WITH: Record<string, string> = {
  'imports next/headers': "import { cookies } from 'next/headers'\nexport const GET = async () => Response.json((await cookies()).getAll())",
  'imports after': "import { NextResponse, after } from 'next/server'\nexport const GET = () => { after(() => {}); return NextResponse.json(1) }",
  'renames what it imports': "import { after as NextResponse } from 'next/server'\nexport const GET = () => NextResponse(() => {})",
  'imports a namespace': "import * as server from 'next/server'\nexport const GET = () => { server.after(() => {}); return Response.json(1) }",
  'imports a module of its own': "import { user } from './user'\nexport const GET = () => Response.json(user())",
  'imports for effects': "import './setup'\nexport const GET = () => Response.json(1)",
  'imports on demand': "export const GET = async () => Response.json((await (await import('next/headers')).cookies()).getAll())",
  requires: "const { cookies } = require('next/headers')\nexports.GET = async () => Response.json((await cookies()).getAll())",
  'hands on what another module exports': "export * from './other'",
  'hands on a handler': "export { GET } from './other'",
  'reaches for globals': 'export const GET = () => Response.json(globalThis.currentUser())',
  'imports a value beside a type import': "import type { A } from './a'; import { b } from './b'\nexport const GET = () => Response.json(b())"
}

t.test('a route file without a way to the context of its requests does without it', async (t) => {
  for (const [what, source] of Object.entries(WITHOUT)) t.equal(asked(t, source), false, what)
})

t.test('every other route file has it', async (t) => {
  for (const [what, source] of Object.entries(WITH)) t.equal(asked(t, source), true, what)
})

function asked (t: Pick<typeof import('tap').default, 'testdir'>, source: string): boolean {
  return needsContext(path.join(t.testdir({ 'route.ts': source }), 'route.ts'))
}
