import { createEdgeRouter } from 'next-connect'
import { NextResponse, type NextRequest } from 'next/server'

interface RequestContext { params: { id: string } }

const router = createEdgeRouter<NextRequest & { user?: string }, RequestContext>()

router
  .use(async (req, _ctx, next) => {
    req.user = req.headers.get('x-user') ?? undefined
    const response = await next() as NextResponse
    response.headers.set('x-took', '1')
    return response
  })
  .get((req, ctx) => NextResponse.json({ id: ctx.params.id, path: req.nextUrl.pathname, user: req.user }))
  .put(async (req, ctx) => {
    if (req.user !== ctx.params.id) return NextResponse.json({ error: 'not yours' }, { status: 403 })
    return NextResponse.json({ id: ctx.params.id, ...await req.json() })
  })

export async function GET (request: NextRequest, ctx: RequestContext) {
  return router.run(request, ctx)
}

export async function PUT (request: NextRequest, ctx: RequestContext) {
  return router.run(request, ctx)
}
