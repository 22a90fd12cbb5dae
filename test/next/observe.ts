/**
 * What is recorded of the real Next.js, and compared with ours: one function for each kind of case, given the classes of
 * either side. Everything in and out is JSON.
 */
export interface Classes {
  NextURL: any
  NextRequest: any
  NextResponse: any
  userAgentFromString: (input: string | undefined) => unknown
  navigation: any
  /** What `headers()` gives. */
  readonlyHeaders: (headers: Headers) => any
  /** What `cookies()` gives, and how its changes get into a response. */
  jar: (request: { headers: Headers }) => { jar: any, addTo: (headers: Headers) => Headers }
}

const MEMBERS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash', 'basePath', 'locale', 'defaultLocale', 'domainLocale', 'buildId']

const urlState = (url: any): unknown => [...MEMBERS.map((key) => url[key] ?? null), String(url), JSON.stringify(url), [...url.searchParams]]

export interface UrlCase { input: string, base?: string, config?: object, changes?: Array<[string, string]>, params?: Array<[string, string]> }
export interface RequestCookiesCase { cookie: string, steps: unknown[][] }
export interface ResponseCookiesCase { headers: string[], steps: unknown[][] }
export interface RequestCase { url: string, init?: any }
export interface HeadersCase { list: Array<[string, string]>, asked: string[] }
export interface JarCase extends RequestCookiesCase { headers: string[] }
export interface ThrownCase { how: 'redirect' | 'permanentRedirect' | 'notFound' | 'digest', url: string, type?: 'push' | 'replace', digest: string, nested: boolean }
export interface ResponseCase { method: 'json' | 'redirect' | 'rewrite' | 'next' | 'new', args: any[], headers?: Array<[string, string]> }

/** A Date cannot be written in JSON. */
const revive = (value: any): any => {
  if (typeof value !== 'object' || value === null) return value
  if ('$date' in value) return new Date(value.$date)
  return Array.isArray(value) ? value.map(revive) : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revive(item)]))
}

const KINDS = {
  url ({ NextURL }: Classes, { input, base, config, changes = [], params = [] }: UrlCase): unknown {
    const options = config === undefined ? undefined : { nextConfig: config }
    const url = base === undefined ? new NextURL(input, options) : new NextURL(input, base, options)
    const steps: unknown[] = [urlState(url)]
    for (const [key, value] of changes) {
      steps.push(attempt(() => {
        url[key] = value
        return urlState(url)
      }))
    }
    for (const [key, value] of params) url.searchParams.append(key, value)
    const clone = url.clone()
    url.pathname = '/changed'
    steps.push(urlState(clone))
    return steps
  },

  requestCookies ({ NextRequest }: Classes, { cookie, steps }: RequestCookiesCase): unknown {
    const request = new NextRequest('http://a.test/', { headers: { cookie } })
    const { cookies } = request
    const state = (): unknown => [cookies.size, [...cookies], cookies.getAll(), String(cookies), request.headers.get('cookie')]
    return [state(), ...steps.map(([method, ...args]) => attempt(() => {
      const result = cookies[method as string](...args)
      return [result === cookies ? 'itself' : result, state()]
    }))]
  },

  responseCookies ({ NextResponse }: Classes, { headers, steps }: ResponseCookiesCase): unknown {
    const response = new NextResponse(null, { headers: headers.map((value) => ['set-cookie', value]) })
    const { cookies } = response
    const state = (): unknown => [cookies.getAll(), String(cookies), response.headers.getSetCookie()]
    return [state(), ...steps.map(([method, ...args]) => attempt(() => {
      const result = cookies[method as string](...revive(args))
      return [method === 'set' || method === 'delete' ? typeof result : result, state()]
    }))]
  },

  request ({ NextRequest }: Classes, { url, init }: RequestCase): unknown {
    const request = new NextRequest(url, init)
    return [request.url, request.method, request.nextUrl.href, urlState(request.nextUrl), [...request.headers], request.cookies.getAll(), request.body === null]
  },

  response ({ NextResponse }: Classes, { method, args, headers }: ResponseCase): unknown {
    const given = method === 'next' && headers !== undefined ? [{ request: { headers: new Headers(headers) } }] : args
    const response = method === 'new' ? new NextResponse(...given) : NextResponse[method](...given)
    return [response.status, response.statusText, [...response.headers], response.body === null, response instanceof NextResponse]
  },

  agent ({ userAgentFromString }: Classes, input: string | null): unknown {
    return userAgentFromString(input ?? undefined)
  },

  headers ({ readonlyHeaders }: Classes, { list, asked }: HeadersCase): unknown {
    const headers = readonlyHeaders(new Headers(list))
    const seen: unknown[] = []
    headers.forEach((value: string, name: string) => { seen.push([name, value]) })
    const refused = ['append', 'set', 'delete'].map((method) => attempt(() => headers[method]('x-a', '1')))
    return [[...headers], [...headers.keys()], [...headers.values()], seen, asked.map((name) => [headers.get(name), headers.has(name)]), refused, headers instanceof Headers]
  },

  jar ({ jar: makeJar }: Classes, { cookie, steps, headers }: JarCase): unknown {
    const { jar, addTo } = makeJar({ headers: new Headers({ cookie }) })
    const results = steps.map(([method, ...args]) => attempt(() => {
      const result = jar[method as string](...revive(args))
      return method === 'set' || method === 'delete' ? typeof result : result
    }))
    return [results, jar.getAll(), String(jar), addTo(new Headers(headers.map((value): [string, string] => ['set-cookie', value]))).getSetCookie()]
  },

  thrown ({ navigation }: Classes, { how, url, type, digest, nested }: ThrownCase): unknown {
    const error = how === 'digest' ? Object.assign(new Error('x'), { digest }) : caught(() => navigation[how](...how === 'notFound' ? [] : [url, type]))
    const given = nested ? new Error('around', { cause: error }) : error
    const again = caught(() => navigation.unstable_rethrow(given))
    return [error.name, how === 'digest' ? 'x' : error.message, error.digest, again === error ? 'the same' : again === undefined ? 'nothing' : 'another']
  }
}

function caught (act: () => unknown): any {
  try {
    act()
  } catch (error) {
    return error
  }
}

export type Kind = keyof typeof KINDS

function attempt (act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return { error: (error as Error).name, message: (error as Error).message }
  }
}

/** What a case gives, as JSON holds it. Expiry dates that follow from the clock are blurred. */
export function observe (kind: Kind, classes: Classes, given: any): unknown {
  const found = attempt(() => KINDS[kind](classes, given))
  return JSON.parse(JSON.stringify(found, (_, value: unknown) => value === undefined ? null : value)
    .replace(/\w{3}, \d\d \w{3} (?!1970|2001|2099)\d{4} [\d:]{8} GMT/g, '(date)')
    .replace(/"(?!1970|2001|2099)\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"(date)"')) as unknown
}
