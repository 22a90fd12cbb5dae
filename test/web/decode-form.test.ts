import t from 'tap'
import fc from 'fast-check'
import { decodeForm } from '../../lib/web/decode-form.ts'

const BOUNDARY = '----WebKitFormBoundary7MA4YWxkTrZu0gW'
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`

/** Everything that a program can see of a form. */
async function seen (form: FormData): Promise<unknown> {
  return await Promise.all([...form].map(async ([name, value]) => typeof value === 'string'
    ? [name, value]
    : [name, value.name, value.type, value.size, value.constructor === File, await value.text(), [...new Uint8Array(await value.arrayBuffer())], await value.slice(1, 3).text(), await new Response(value.stream()).text()]))
}

async function native (body: Uint8Array<ArrayBuffer>, type: string): Promise<unknown> {
  try {
    return await seen(await new Response(body, { headers: { 'content-type': type } }).formData())
  } catch (error) {
    return (error as Error).name
  }
}

const TEXT = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('', '\r\n', `--${BOUNDARY}`, '\ufeffx', 'a"b', 'a\\b', '%22'))
const BYTES = fc.uint8Array({ maxLength: 40 })
const ENTRIES = fc.array(fc.oneof(
  fc.record({ name: TEXT, text: TEXT }),
  fc.record({ name: TEXT, bytes: BYTES, file: TEXT, type: fc.constantFrom('', 'text/plain', 'image/PNG', 'text/html;charset=utf-8') })
), { maxLength: 5 })

t.test('forms that programs make are read as the native parser reads them', async (t) => {
  await fc.assert(fc.asyncProperty(ENTRIES, async (entries) => {
    const form = new FormData()
    for (const entry of entries) {
      if ('text' in entry) form.append(entry.name, entry.text)
      else form.append(entry.name, new File([entry.bytes], entry.file, { type: entry.type }))
    }
    const response = new Response(form)
    const type = response.headers.get('content-type')!
    const body = new Uint8Array(await response.arrayBuffer())
    const ours = decodeForm(body, type)
    if (ours !== undefined) t.same(await seen(ours), await native(body, type))
  }), { numRuns: 300 })
})

t.test('ordinary forms do not need the native parser', async (t) => {
  const part = (head: string, content: string): string => `--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`
  const body = new Uint8Array(Buffer.from(`${part('name="title"', 'käse')}${part('name="empty"', '')}${part('name="file"; filename="a b.bin"\r\nContent-Type: application/octet-stream', 'x\r\n--y')}--${BOUNDARY}--\r\n`))
  const form = decodeForm(body, TYPE)
  t.same(await seen(form!), await native(body, TYPE))
  t.equal(form!.get('title'), 'käse')
  t.equal((form!.get('file') as File).name, 'a b.bin')
})

t.test('whatever is written otherwise gives what the native parser gives, or is left to it', async (t) => {
  const PIECES = fc.constantFrom(
    `--${BOUNDARY}`, '--', '\r\n', '\r\n\r\n', 'x', '"', ' ', 'Content-Disposition: form-data; name="a"', '; filename="f"', 'content-disposition:form-data;name=a',
    'Content-Type: text/plain', 'Content-Transfer-Encoding: base64', '\u0000', 'ü')
  await fc.assert(fc.asyncProperty(fc.array(PIECES, { maxLength: 14 }), async (pieces) => {
    const body = new Uint8Array(Buffer.from(pieces.join('')))
    const ours = decodeForm(body, TYPE)
    if (ours !== undefined) t.same(await seen(ours), await native(body, TYPE), JSON.stringify(pieces))
  }), { numRuns: 3000 })
  for (const type of ['', 'multipart/form-data', 'multipart/form-data; boundary=short', `multipart/form-data; boundary="${BOUNDARY}"`, `text/plain; boundary=${BOUNDARY}`]) {
    t.equal(decodeForm(Buffer.from(`--${BOUNDARY}--`), type), undefined, type)
  }
})

t.test('a file keeps its bytes whatever is done to those that it gave', async (t) => {
  const body = Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nabc\r\n--${BOUNDARY}--`)
  const file = decodeForm(body, TYPE)!.get('f') as File
  new Uint8Array(await file.arrayBuffer()).fill(0)
  t.equal(await file.text(), 'abc')
})
