/**
 * A client that sends bytes as they are, and reads answers strictly by RFC 9112, 6.3: what a lenient client would
 * forgive (a body after HEAD, a missing end) shows as bytes that belong to no answer.
 */
import { once } from 'node:events'
import net from 'node:net'

export interface Answer {
  version: string
  status: number
  headers: Array<[string, string]>
  get: (name: string) => string | undefined
  body: string
  /** How the end of the body was told. */
  framing: 'none' | 'length' | 'chunked' | 'close'
  /** Statuses of the 1xx answers before it. */
  interim: number[]
}

export class Wire {
  readonly #socket: net.Socket
  #received = ''
  #ended = false
  #wake: () => void = () => {}

  private constructor (socket: net.Socket) {
    this.#socket = socket
    // Small pieces go out one by one, without waiting for the server's word.
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      this.#received += text as unknown as string
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
  }

  static async open (url: string): Promise<Wire> {
    const { hostname, port } = new URL(url)
    const socket = net.connect(Number(port), hostname)
    await once(socket, 'connect')
    return new Wire(socket)
  }

  send (bytes: string): void { this.#socket.write(bytes, 'latin1') }

  /** The next final answer. @throws Error where the connection ends before it is complete */
  async next (method = 'GET'): Promise<Answer> {
    const interim: number[] = []
    for (;;) {
      const head = await this.#head()
      if (head.status >= 200) return { ...head, ...await this.#body(head, method), interim }
      interim.push(head.status)
    }
  }

  /** Waits until the server ends the connection. @returns what it has sent since the last answer */
  async rest (): Promise<string> {
    while (!this.#ended) await this.#more()
    return this.#received
  }

  destroy (): void { this.#socket.destroy() }

  async #head (): Promise<Pick<Answer, 'version' | 'status' | 'headers' | 'get'>> {
    const text = await this.#upTo('\r\n\r\n')
    const [first, ...lines] = text.split('\r\n')
    const [, version, status] = /^(HTTP\/\d\.\d) (\d{3}) [\t -~\x80-\xff]*$/.exec(first!) ?? fail(`no status line: ${first}`)
    const headers = lines.map((line): [string, string] => {
      const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? fail(`no header: ${line}`)
      return [name!.toLowerCase(), value!]
    })
    return { version: version!, status: Number(status), headers, get: (name) => headers.find(([found]) => found === name)?.[1] }
  }

  async #body ({ status, headers, get }: Pick<Answer, 'status' | 'headers' | 'get'>, method: string): Promise<Pick<Answer, 'body' | 'framing'>> {
    const lengths = headers.filter(([name]) => name === 'content-length')
    const coding = get('transfer-encoding')
    if (lengths.length > 1 || (coding !== undefined && lengths.length > 0)) fail('two framings')
    if (method === 'HEAD' || status === 204 || status === 304) return { body: '', framing: 'none' }
    if (coding !== undefined) {
      if (coding !== 'chunked') fail(`an unknown coding: ${coding}`)
      return { body: await this.#chunks(), framing: 'chunked' }
    }
    if (lengths.length === 1) {
      if (!/^\d+$/.test(lengths[0]![1])) fail(`no length: ${lengths[0]![1]}`)
      return { body: await this.#take(Number(lengths[0]![1])), framing: 'length' }
    }
    const body = await this.rest()
    this.#received = ''
    return { body, framing: 'close' }
  }

  async #chunks (): Promise<string> {
    let body = ''
    for (;;) {
      const [, size] = /^([\da-f]+)$/i.exec(await this.#upTo('\r\n')) ?? fail('no chunk size')
      const chunk = await this.#take(parseInt(size!, 16))
      body += chunk
      if (await this.#take(2) !== '\r\n') fail('no end of a chunk')
      if (chunk === '') return body
    }
  }

  async #upTo (mark: string): Promise<string> {
    while (!this.#received.includes(mark)) await this.#more()
    const end = this.#received.indexOf(mark)
    const text = this.#received.slice(0, end)
    this.#received = this.#received.slice(end + mark.length)
    return text
  }

  async #take (length: number): Promise<string> {
    while (this.#received.length < length) await this.#more()
    const text = this.#received.slice(0, length)
    this.#received = this.#received.slice(length)
    return text
  }

  async #more (): Promise<void> {
    if (this.#ended) fail(`the connection has ended, after ${JSON.stringify(this.#received)}`)
    await new Promise<void>((resolve) => { this.#wake = resolve })
  }
}

function fail (message: string): never {
  throw new Error(message)
}

/** A request's head, with a Host header unless there is one. */
export function head (line: string, ...headers: string[]): string {
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : ['host: a.test']
  return [line, ...host, ...headers, '', ''].join('\r\n')
}

/** One request on a connection of its own, which the server ends behind the answer. */
export async function ask (url: string, line: string, headers: string[] = [], body = ''): Promise<Answer & { rest: string }> {
  const wire = await Wire.open(url)
  wire.send(head(line, ...headers, 'connection: close') + body)
  const answer = await wire.next(line.split(' ', 1)[0])
  return { ...answer, rest: await wire.rest() }
}
