/**
 * Compiled against the real Next.js of every major: what handlers and their helpers exchange with it. Where a line says
 * `Omit` or `Public`, members that are private, or keyed by a symbol that Next.js does not export, forbid the whole.
 */
import type { RouteHandler } from 'fastify-app-routes'
import * as our from 'fastify-app-routes/server'
import type * as ourHeaders from 'fastify-app-routes/headers'
import type * as ourNavigation from 'fastify-app-routes/navigation'
import type * as ourNext from 'fastify-app-routes/next'
import type * as their from 'next/server'
import type * as theirHeaders from 'next/headers'
import type * as theirNavigation from 'next/navigation'
import type * as theirNext from 'next'

const ours = <T>(value?: T): T => value!
const theirs = ours

/** All but private members (no key) and those of symbols. */
type Public<T> = { [K in keyof T as K extends symbol ? never : K]: T[K] }

// Requests. Theirs are ours.
export const request: our.NextRequest = theirs<their.NextRequest>()
export const userAgent = our.userAgent(theirs<their.NextRequest>())
// Ours are theirs but for `nextUrl`, whose class has private members, and from 13 and 14 the symbol INTERNALS.
// 15 and 16 have cookies whose iterator is disposable, and 13 and 14 have not. `ip` and `geo` are not there in 15 and 16.
type Different = 'nextUrl' | 'cookies' | 'ip' | 'geo'
export const likeTheirs: Omit<Public<their.NextRequest>, Different> = ours<our.NextRequest>()
export const theirUrl: our.NextURL = theirs<their.NextRequest['nextUrl']>()
export const likeTheirUrl: Omit<Public<their.NextRequest['nextUrl']>, 'clone' | 'domainLocale'> = ours<our.NextURL>()
export const requestOptions: ConstructorParameters<typeof our.NextRequest> = theirs<ConstructorParameters<typeof their.NextRequest>>()
export const cookiesOfRequest: our.NextRequest['cookies'] = theirs<their.NextRequest['cookies']>()
export const theirCookiesOfRequest: Omit<their.NextRequest['cookies'], 'set' | 'clear' | typeof Symbol.iterator> = ours<our.NextRequest['cookies']>()

// Responses. Theirs are ours; ours lack the symbol INTERNALS.
export const response: our.NextResponse<{ a: number }> = theirs<their.NextResponse<{ a: number }>>()
export const likeTheirResponse: Public<their.NextResponse<{ a: number }>> = ours<our.NextResponse<{ a: number }>>()
// @ts-expect-error -- bodies are told apart
export const otherBody: our.NextResponse<{ b: string }> = ours<our.NextResponse<{ a: number }>>()
export const theirCookies: their.NextResponse['cookies'] = ours<our.NextResponse['cookies']>()
export const ourCookies: our.NextResponse['cookies'] = theirs<their.NextResponse['cookies']>()
export const statics: Pick<typeof our.NextResponse, 'json' | 'redirect' | 'rewrite' | 'next' | 'error'> = theirs<typeof their.NextResponse>()
export const parameters: {
  json: Parameters<typeof our.NextResponse.json>
  redirect: Parameters<typeof our.NextResponse.redirect>
  rewrite: Parameters<typeof our.NextResponse.rewrite>
  next: Parameters<typeof our.NextResponse.next>
  construct: ConstructorParameters<typeof our.NextResponse>
} = theirs<{
  json: Parameters<typeof their.NextResponse.json>
  redirect: Parameters<typeof their.NextResponse.redirect>
  rewrite: Parameters<typeof their.NextResponse.rewrite>
  next: Parameters<typeof their.NextResponse.next>
  construct: ConstructorParameters<typeof their.NextResponse>
}>()

// Handlers that are typed with the real ones.
type Context = { params: Promise<{ id: string, rest: string[] }> }
type ClassicContext = { params: { id: string, rest: string[] } }
const plain = async (request: Request): Promise<Response> => new Response(request.url)
const modern = async (request: their.NextRequest, { params }: Context): Promise<their.NextResponse<{ id: string }>> => theirs<typeof their.NextResponse>().json({ id: (await params).id })
const classic = (request: their.NextRequest, { params }: ClassicContext): their.NextResponse => new (theirs<typeof their.NextResponse>())(params.rest.join())
async function redirects (_request: their.NextRequest): Promise<void> { theirs<typeof theirNavigation>().redirect('/') }
export const byPath: Array<RouteHandler<'/users/[id]/[...rest]'>> = [plain, modern, classic, redirects]
export const byParams: Array<RouteHandler<{ id: string, rest: string[] }>> = [plain, modern, classic, redirects]
// @ts-expect-error -- another parameter
export const misnamed: RouteHandler<'/users/[name]'> = modern
// @ts-expect-error -- no handler at all
export const number: RouteHandler = (request: number) => new Response(String(request))

// Where a handler was typed with ours, the real Next.js takes it: what its generated check of route files asks for.
type TheirHandler = { GET (request: their.NextRequest, context: Context): Promise<Response | void> | Response | void }
export const ourHandlers: TheirHandler[] = [
  { GET: (request: our.NextRequest, { params }: Context) => our.NextResponse.json(params) },
  { GET: async (request: our.NextRequest) => new Response(request.nextUrl.pathname) }
]

// Functions
export const server: Pick<typeof our, 'userAgent' | 'userAgentFromString' | 'URLPattern'> = theirs<typeof their>()
export const theirServer: Pick<typeof their, 'userAgent' | 'userAgentFromString' | 'URLPattern'> = ours<typeof our>()
// 13 and 14 have an enum of the name, which is assignable to nothing but itself; its values are ours.
type Navigation = Omit<typeof theirNavigation, 'RedirectType' | 'redirect' | 'permanentRedirect' | 'ServerInsertedHTMLContext' | 'ReadonlyURLSearchParams' | 'useSearchParams' | 'useParams' | 'useRouter'>
export const theirs13to16: Navigation = ours<typeof ourNavigation>()
export const redirectValues: Record<ourNavigation.RedirectType, string> = theirs<typeof theirNavigation.RedirectType>()

// Metadata files, api handlers, configuration
export const robots: [ourNext.MetadataRoute.Robots, ourNext.MetadataRoute.Sitemap] = theirs<[theirNext.MetadataRoute.Robots, theirNext.MetadataRoute.Sitemap]>()
// 13 and 14 had these three wrong.
export const manifest: Omit<ourNext.MetadataRoute.Manifest, 'file_handlers' | 'launch_handler' | 'share_target'> = theirs<theirNext.MetadataRoute.Manifest>()
export const apiRequest: [ourNext.NextApiRequest, theirNext.NextApiRequest] = theirs<[theirNext.NextApiRequest, ourNext.NextApiRequest]>()
export const apiResponse: [ourNext.NextApiResponse<string>, theirNext.NextApiResponse<string>] = theirs<[theirNext.NextApiResponse<string>, ourNext.NextApiResponse<string>]>()
export const apiHandler: [ourNext.NextApiHandler, theirNext.NextApiHandler] = theirs<[theirNext.NextApiHandler, ourNext.NextApiHandler]>()
export const pageConfig: ourNext.PageConfig['api'] = theirs<NonNullable<theirNext.PageConfig>['api']>()
export const route: [ourNext.Route, theirNext.Route] = theirs<[theirNext.Route, ourNext.Route]>()

// headers() and cookies() of every generation give what ours give when they are awaited.
// The iterator of 13 and 14 is not disposable.
export const jar: Omit<ourHeaders.ReadonlyRequestCookies, typeof Symbol.iterator> = theirs<Awaited<ReturnType<typeof theirHeaders.cookies>>>()
export const theirJar: Awaited<ReturnType<typeof theirHeaders.cookies>> = ours<ourHeaders.ReadonlyRequestCookies>()
export const headers: ourHeaders.ReadonlyHeaders = theirs<Awaited<ReturnType<typeof theirHeaders.headers>>>()
export const theirHeadersToo: Awaited<ReturnType<typeof theirHeaders.headers>> = ours<ourHeaders.ReadonlyHeaders>()
export const draft: ourHeaders.DraftMode = theirs<Awaited<ReturnType<typeof theirHeaders.draftMode>>>()
export const theirDraft: Public<Awaited<ReturnType<typeof theirHeaders.draftMode>>> = ours<ourHeaders.DraftMode>()
// The call itself: 13 and 14 read, 15 and 16 await.
export const calls: Pick<typeof theirHeaders, 'cookies' | 'headers'> = ours<typeof ourHeaders>()
