/** Where JSON is whatever it is. */
export interface Answer extends Response { json (): Promise<any> }

/** Keeps cookies from one request to the next, as a browser does, and follows no redirect by itself. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly #url: string

  constructor (url: string) {
    this.#url = url
  }

  async send (path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers)
    if (this.cookies.size > 0) headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await fetch(new URL(path, this.#url), { ...init, headers, redirect: 'manual' })
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie)
    return response as Answer
  }

  async json (path: string, init?: RequestInit): Promise<any> {
    return (await this.send(path, init)).json()
  }

  post (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const isForm = body instanceof FormData || body instanceof URLSearchParams
    return this.send(path, { method: 'POST', body: isForm ? body : JSON.stringify(body), headers: { ...(isForm ? {} : { 'content-type': 'application/json' }), ...headers } })
  }

  #keep (cookie: string): void {
    const [pair, ...attributes] = cookie.split(/;\s*/)
    const [, name, value] = /^([^=]*)=(.*)$/.exec(pair!)!
    const isExpired = attributes.some((attribute) => {
      const [key, at = ''] = attribute.toLowerCase().split('=')
      return (key === 'max-age' && Number(at) <= 0) || (key === 'expires' && Date.parse(at) <= Date.now())
    })
    if (isExpired) this.cookies.delete(name!)
    else this.cookies.set(name!, value!)
  }
}
