import { NODE_MAJOR } from '../node-major.ts'

/**
 * Reads a form as browsers and `fetch()` write them, in one pass over its bytes. What is written otherwise is left to the
 * native parser, which takes several passes and copies, and words the errors.
 * @param bytes nobody else's: files keep views of them
 * @param type the content type, with its boundary
 * @returns undefined for everything unusual
 */
export function decodeForm (bytes: Uint8Array, type: string): FormData | undefined {
  const boundary = BOUNDARY.exec(type)?.[1]
  if (boundary === undefined) return undefined
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  const first = delimiter.subarray(2)
  if (body.indexOf(first) !== 0) return undefined
  const form = new FormData()
  for (let start = first.length; ;) {
    if (isEnd(body, start)) return form
    const headEnd = body.indexOf('\r\n\r\n', start)
    const end = headEnd === -1 ? -1 : body.indexOf(delimiter, headEnd + 2)
    if (end === -1 || end < headEnd + 4) return undefined
    const head = HEAD.exec(body.toString('latin1', start, headEnd))
    if (head === null) return undefined
    const [, name, file, contentType] = head as unknown as [string, string, string | undefined, string | undefined]
    const content = body.subarray(headEnd + 4, end)
    if (file === undefined && contentType !== undefined) return undefined
    form.append(name, file === undefined ? fieldDecoder.decode(content) : new ReceivedFile(content, file, contentType ?? 'text/plain'))
    start = end + delimiter.length
  }
}

// As browsers, undici and curl choose them.
const BOUNDARY = /^multipart\/form-data; ?boundary=([\w'()+,./:=?-]{27,70})$/i

/** Line breaks belong to the delimiter before them. Escapes and characters beyond ASCII are not ordinary. */
const HEAD = /^\r\ncontent-disposition: form-data; name="([ !#$&-[\]-~]*)"(?:; filename="([ !#$&-[\]-~]*)")?(?:\r\ncontent-type: ([a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+))?$/i

const decoder = new TextDecoder()

/** The native parser leaves a byte order mark in a field since Node.js 24. */
const fieldDecoder = new TextDecoder('utf-8', { ignoreBOM: NODE_MAJOR >= 24 })

function isEnd (body: Buffer, at: number): boolean {
  const rest = body.toString('latin1', at, at + 5)
  return rest === '--' || rest === '--\r\n'
}

/** A file whose bytes are at hand: the native methods fetch them from another thread. */
class ReceivedFile extends File {
  readonly #content: Uint8Array

  constructor (content: Uint8Array, name: string, type: string) {
    super([content as Uint8Array<ArrayBuffer>], name, { type })
    this.#content = content
  }

  override async arrayBuffer (): Promise<ArrayBuffer> {
    return new Uint8Array(this.#content).buffer
  }

  override async bytes (): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(this.#content)
  }

  override async text (): Promise<string> {
    return decoder.decode(this.#content)
  }

  static {
    Object.defineProperty(this.prototype, 'constructor', { value: File })
  }
}
