/** `ImageResponse` of `next/og`, by the pixels of its images. */
import { createRequire } from 'node:module'
import path from 'node:path'
import t from 'tap'
import { onEveryHost, start, type RunningHost } from '../hosts.ts'
import { decodePng } from '../png.ts'

/** Where `@vercel/og` cannot be installed on this Node.js. */
const skip = isInstalled('@vercel/og') ? false : '@vercel/og is not installed'

function isInstalled (name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

const page = (jsx: string, options = '{ width: 40, height: 20 }', before = ''): string => `
  import { ImageResponse } from 'next/og'
  ${before}
  export const GET = () => new ImageResponse(${jsx}, ${options})
`
const box = (style: string, children = ''): string => `<div style={{ display: 'flex', width: '100%', height: '100%', ${style} }}>${children}</div>`

/** Runs with `fetch` of the process replaced, and gives the URLs that it was asked for; WebAssembly comes by `data:`. */
async function withFetch<T> (answer: (url: string) => Response | Promise<Response>, run: () => Promise<T>): Promise<{ urls: string[], result: T }> {
  const { fetch } = globalThis
  const urls: string[] = []
  globalThis.fetch = (async (input: string | URL | Request) => {
    if (String(input).startsWith('data:')) return fetch(input)
    urls.push(String(input))
    return answer(String(input))
  }) as typeof fetch
  try {
    return { result: await run(), urls }
  } finally {
    globalThis.fetch = fetch
  }
}

const refuse = (): never => { throw new Error('no network') }

t.test('JSX becomes a PNG of the size and colours that it says', { skip }, async (t) => {
  const dir = t.testdir({
    'route.tsx': page(box("background: '#00ff00', flexDirection: 'column'", "<div style={{ width: 40, height: 10, background: 'rgb(255, 0, 0)' }} />"), "{ width: 40, height: 20, status: 201, headers: { 'x-own': 'yes' } }")
  })
  onEveryHost(t, { dir }, async (t, host) => {
    const response = await host.send('/')
    const { width, height, pixel } = decodePng(response.body)
    t.same([response.status, response.headers['content-type'], response.headers['x-own']], [201, 'image/png', 'yes'])
    t.same([width, height], [40, 20])
    t.same([pixel(5, 5), pixel(5, 15)], [[255, 0, 0, 255], [0, 255, 0, 255]])
    const head = await host.send({ path: '/', method: 'HEAD' })
    t.same([head.status, head.headers['content-type'], head.text], [201, 'image/png', ''])
  })
})

t.test('without a size it is 1200 by 630', { skip }, async (t) => {
  const host = await start('fastify', { dir: t.testdir({ 'route.tsx': page(box("background: 'blue'"), '{}') }) })
  t.teardown(() => host.close())
  const { width, height, pixel } = decodePng((await host.send('/')).body)
  t.same([width, height, pixel(600, 300)], [1200, 630, [0, 0, 255, 255]])
})

t.test('the cache header is that of the major, and an own one wins', { skip }, async (t) => {
  const dir = t.testdir({
    'route.tsx': page(box("background: 'blue'")),
    own: { 'route.tsx': page(box("background: 'blue'"), "{ width: 1, height: 1, headers: new Headers({ 'cache-control': 'no-store' }) }") }
  })
  for (const [compat, expected] of [[16, 'public, max-age=0, must-revalidate'], [15, 'public, immutable, no-transform, max-age=31536000']] as const) {
    const host = await start('fastify', { dir, compat })
    t.equal((await host.send('/')).headers['cache-control'], expected)
    t.equal((await host.send('/own')).headers['cache-control'], 'no-store')
    await host.close()
  }
})

const darkest = ({ body }: { body: Buffer }): number => {
  const { width, height, pixel } = decodePng(body)
  let value = 255
  for (let x = 0; x < width; x++) for (let y = 0; y < height; y++) value = Math.min(value, pixel(x, y)[1]!)
  return value
}

t.test('text is drawn with the font of the package, or with one that is given', { skip }, async (t) => {
  const font = path.join(path.dirname(createRequire(import.meta.url).resolve('@vercel/og')), 'noto-sans-v27-latin-regular.ttf')
  const text = box("background: 'white', color: 'black', fontSize: 18", 'Ü')
  const dir = t.testdir({
    'route.tsx': page(text),
    own: { 'route.tsx': page(text, "{ width: 40, height: 20, fonts: [{ name: 'Own', data: readFileSync(FONT), weight: 400, style: 'normal' }] }", `import { readFileSync } from 'node:fs'\nconst FONT = ${JSON.stringify(font)}`) },
    none: { 'route.tsx': page(box("background: 'white'")) }
  })
  const host = await start('fastify', { dir })
  t.teardown(() => host.close())
  t.equal(darkest(await host.send('/none')), 255)
  t.ok(darkest(await host.send('/')) < 60)
  t.ok(darkest(await host.send('/own')) < 60)
})

t.test('nothing is fetched for emoji and foreign letters, unless emoji are asked for', { skip }, async (t) => {
  const emoji = box("background: 'white', fontSize: 20", '😀')
  const dir = t.testdir({
    none: { 'route.tsx': page(emoji) },
    letters: { 'route.tsx': page(box("background: 'white', fontSize: 20", '日本')) },
    twemoji: { 'route.tsx': page(emoji, "{ width: 40, height: 20, emoji: 'twemoji' }") }
  })
  const host = await start('fastify', { dir })
  t.teardown(() => host.close())
  const warnings: string[] = []
  const listen = (warning: Error & { code?: string }): void => { warnings.push(String(warning.code)) }
  process.on('warning', listen)
  t.teardown(() => { process.off('warning', listen) })
  const offline = await withFetch(refuse, async () => [await host.send('/none'), await host.send('/none'), await host.send('/letters')])
  await new Promise((resolve) => setImmediate(resolve))
  t.same(offline.urls, [])
  t.same(offline.result.map(({ status }) => status), [200, 200, 200])
  t.equal(darkest(offline.result[0]!), 255, 'the place of the emoji is empty')
  t.ok(darkest(offline.result[2]!) < 100, 'letters that no font has are boxes')
  t.same(warnings.filter((code) => code.startsWith('FAR_OG')), ['FAR_OG_EMOJI', 'FAR_OG_FONT'], 'each is told once')

  const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><rect width="1" height="1" fill="#ff0000"/></svg>'
  const online = await withFetch(() => new Response(svg), async () => await host.send('/twemoji'))
  t.match(online.urls, [/^https:\/\/cdn\.jsdelivr\.net\/.*1f600\.svg$/])
  t.same(decodePng(online.result.body).pixel(10, 12).slice(0, 3), [255, 0, 0])
})

t.test('what cannot be rendered is a 500, and logged', { skip }, async (t) => {
  const dir = t.testdir({
    'route.tsx': page('<div><p>a</p><p>b</p></div>'),
    wrapped: { 'route.tsx': "import { ImageResponse } from 'next/og'\nexport const GET = () => new Response(new ImageResponse(<div><p>a</p><p>b</p></div>).body)" },
    emoji: { 'route.tsx': page(box('fontSize: 20', '😎'), "{ width: 40, height: 20, emoji: 'noto' }") }
  })
  onEveryHost(t, { dir }, async (t, host) => {
    for (const url of ['/', '/wrapped']) t.same([(await host.send(url)).status, (await host.send(url)).text], [500, ''])
    t.match((await withFetch(refuse, async () => await host.send('/emoji'))).result, { status: 500 })
    t.equal(host.errors.length, 5)
    t.match(messages(host)[0], /display: flex/)
    t.match(messages(host)[4], /no network/)
  })
})

const messages = ({ errors }: RunningHost): string[] => errors.map((error) => error.err?.message ?? error.message)
