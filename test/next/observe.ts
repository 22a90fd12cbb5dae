/**
 * What is recorded of the real Next.js, and compared with ours: one function for each kind of case, given the classes of
 * either side. Everything in and out is JSON.
 */
export interface Classes {
  NextURL: any
  NextRequest: any
  NextResponse: any
  userAgentFromString: (input: string | undefined) => unknown
}

const MEMBERS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search', 'hash', 'basePath', 'locale', 'defaultLocale', 'domainLocale', 'buildId']

const urlState = (url: any): unknown => [...MEMBERS.map((key) => url[key] ?? null), String(url), JSON.stringify(url), [...url.searchParams]]

export interface UrlCase { input: string, base?: string, config?: object, changes?: Array<[string, string]>, params?: Array<[string, string]> }
export interface RequestCookiesCase { cookie: string, steps: unknown[][] }
export interface ResponseCookiesCase { headers: string[], steps: unknown[][] }
export interface RequestCase { url: string, init?: any }
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
