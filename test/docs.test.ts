/**
 * The documentation is run as a reader would do it who follows a page from top to bottom:
 *
 * - A fenced block with a file name behind its language (```ts app/hello/route.ts) is a file of the page's project. It is
 *   written when the page comes to it; a later block of the same name replaces it.
 *   Renderers do not show the name, so it stands in the paragraph above as well.
 * - In a ```console block each `$ curl …` is sent to the page's server, and what stands below, up to the next `$`, must be
 *   what comes back. With -i, headers that the page leaves out are not looked at.
 * - The server is the last file called server.*. It is started before the first request, and again once the page has
 *   changed a file. `$ node other.js` and `$ npx tsx other.ts` run to their end, and print what stands below.
 * - `…` stands for anything. Other commands (npm …) and blocks without a file name are not run.
 *
 * A project lies in the system's temporary directory, where nothing but its own node_modules is in reach. Port 3000
 * becomes a free one. Each page gets the `"type": "module"` that getting-started.md asks for; the README, which asks for
 * nothing, is run without it as well.
 */
import Fastify from 'fastify'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import appRoutes from 'fastify-app-routes'
import { appRoutes as expressRoutes } from 'fastify-app-routes/express'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PACKAGES = ['fastify', 'express', 'tsx', '@opentelemetry']
const TSX = path.join(ROOT, 'node_modules/tsx/dist/cli.mjs')

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')

const PAGES = readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => 'docs/' + file.replaceAll('\\', '/'))
  .sort()

interface Block { language: string, file: string | undefined, text: string }

function blocksOf (markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, language, file, text]) => ({ language: language!, file, text: text! }))
}

/** The commands of a console block, each with what it prints. */
function commandsOf (text: string): Array<{ command: string, output: string }> {
  return text.split(/^\$ /m).slice(1).map((part) => {
    const [, command, output] = /^((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(part)!
    return { command: command!.replaceAll('\\\n', ' '), output: output! }
  })
}

/** Which blocks of the documents have been run, to know that the scheme above reaches the pages it is meant for. */
const requests = new Map<string, number>()

interface Variant { manifest: object, run: (file: string) => string[] }

const byTsx = (file: string): string[] => file.endsWith('ts') ? [TSX, file] : [file]
const byNode = (file: string): string[] => [file]

/** A reader at work on one page. */
class Reader {
  readonly #dir = mkdtempSync(path.join(realpathSync(tmpdir()), 'app-routes-docs-'))
  readonly #variant: Variant
  readonly #port: number
  #serverFile: string | undefined
  #server: ChildProcess | undefined
  #log = ''

  constructor (variant: Variant, port: number) {
    this.#variant = variant
    this.#port = port
    const modules = path.join(this.#dir, 'node_modules')
    mkdirSync(modules)
    symlinkSync(ROOT, path.join(modules, 'fastify-app-routes'), 'junction')
    for (const name of PACKAGES) symlinkSync(path.join(ROOT, 'node_modules', name), path.join(modules, name), 'junction')
    writeFileSync(path.join(this.#dir, 'package.json'), JSON.stringify(variant.manifest))
  }

  async write (file: string, text: string): Promise<void> {
    await this.stop()
    mkdirSync(path.dirname(path.join(this.#dir, file)), { recursive: true })
    writeFileSync(path.join(this.#dir, file), text.replaceAll('3000', String(this.#port)))
    if (/^server\.[^/]+$/.test(file)) this.#serverFile = file
  }

  /** What a command prints; undefined for commands that are not run. */
  async run (command: string): Promise<Printed | undefined> {
    const [program, ...args] = words(command)
    if (program === 'curl') return await this.#curl(args)
    if (program === 'npx' && args[0] === 'tsx') args.splice(0, 1, TSX)
    else if (program !== 'node') return undefined
    if (/^server\./.test(args.at(-1)!)) return undefined
    const child = this.#spawn(args)
    let body = ''
    child.stdout!.on('data', (chunk) => { body += chunk })
    await once(child, 'close')
    return { body: body.replaceAll(String(this.#port), '3000') }
  }

  async #curl (args: string[]): Promise<Printed> {
    await this.#start()
    const { showsHead, url, method, headers, body } = parseCurl(args)
    const { pathname } = /^(?:http:\/\/)?localhost:3000(?<pathname>\/.*|)$/.exec(url)!.groups!
    const request = http.request({ host: 'localhost', port: this.#port, path: pathname || '/', method, headers, agent: false })
    request.end(body)
    const [response] = await once(request, 'response') as [http.IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    const mend = (text: string): string => text.replaceAll(`localhost:${this.#port}`, 'localhost:3000')
    const lines: string[] = []
    for (let i = 0; i < response.rawHeaders.length; i += 2) lines.push(mend(`${response.rawHeaders[i]!.toLowerCase()}: ${response.rawHeaders[i + 1]}`))
    return {
      ...(showsHead ? { status: `HTTP/1.1 ${response.statusCode} ${response.statusMessage}`, headers: lines } : {}),
      body: mend(Buffer.concat(chunks).toString())
    }
  }

  #spawn (args: string[]): ChildProcess {
    const child = spawn(process.execPath, args, { cwd: this.#dir, env: { PATH: process.env.PATH, HOME: process.env.HOME }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#log = ''
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => { this.#log += chunk })
    return child
  }

  async #start (): Promise<void> {
    if (this.#server !== undefined) return
    const server = this.#server = this.#spawn(this.#variant.run(this.#serverFile!))
    // Another process's listening is no event here: asking until somebody answers is all there is.
    while (!await answers(this.#port)) {
      if (server.exitCode !== null) throw new Error(`${this.#serverFile} ended:\n${this.#log}`)
    }
  }

  async stop (): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined || server.exitCode !== null) return
    const exited = once(server, 'exit')
    server.kill()
    await exited
  }

  async end (): Promise<void> {
    await this.stop()
    rmSync(this.#dir, { recursive: true })
  }

  get log (): string { return this.#log }
}

interface Printed { status?: string, headers?: string[], body: string }

function answers (port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: 'localhost' }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => { setTimeout(resolve, 20, false) })
  })
}

async function freePort (): Promise<number> {
  const server = net.createServer().listen(0, 'localhost')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The words of a command, quoted ones as one. */
function words (command: string): string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare!)
}

/** As much of curl as the pages use. */
function parseCurl (args: string[]): { showsHead: boolean, url: string, method: string, headers: Record<string, string>, body: string | undefined } {
  let showsHead = false
  let url: string | undefined
  let method: string | undefined
  let body: string | undefined
  const headers: Record<string, string> = {}
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (arg === '-i') showsHead = true
    else if (arg === '-I') [showsHead, method] = [true, 'HEAD']
    else if (arg === '-X') method = args[++i]
    else if (arg === '-d') [body, method] = [args[++i], method ?? 'POST']
    else if (arg === '-b') headers.cookie = args[++i]!
    else if (arg === '-H') {
      const [name, value] = args[++i]!.split(/:\s*/, 2)
      headers[name!.toLowerCase()] = value!
    } else if (!['-s', '-N', '--path-as-is'].includes(arg)) {
      if (arg.startsWith('-') || url !== undefined) throw new Error(`curl ${arg} is not known here`)
      url = arg
    }
  }
  if (body !== undefined) {
    headers['content-type'] ??= 'application/x-www-form-urlencoded'
    headers['content-length'] = String(Buffer.byteLength(body))
  }
  return { showsHead, url: url!, method: method ?? 'GET', headers, body }
}

/** A pattern of a text in which `…` stands for anything. */
function pattern (text: string): RegExp {
  return new RegExp(`^${text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*?')}$`)
}

function check (t: any, command: string, output: string, printed: Printed): void {
  let expected = output
  if (printed.status !== undefined) {
    const [head, ...rest] = output.split(/\n\n/)
    expected = rest.join('\n\n')
    const [status, ...headers] = head!.trimEnd().split('\n')
    t.equal(printed.status, status, `${command}: status`)
    for (const header of headers) t.ok(printed.headers!.some((line) => pattern(header).test(line)), `${command}: ${header}`, { headers: printed.headers })
  }
  t.match(printed.body.trimEnd(), pattern(expected.trimEnd()), command)
}

async function follow (t: any, page: string, variant: Variant): Promise<void> {
  const reader = new Reader(variant, await freePort())
  t.teardown(() => reader.end())
  for (const { language, file, text } of blocksOf(read(page))) {
    if (file !== undefined) await reader.write(file, text)
    else if (language === 'console') {
      for (const { command, output } of commandsOf(text)) {
        const printed = await reader.run(command)
        if (printed === undefined) continue
        requests.set(page, (requests.get(page) ?? 0) + 1)
        check(t, command, output, printed)
        if (!t.passing()) t.comment(reader.log)
      }
    }
  }
}

t.test('files of the pages have their names above them', async (t) => {
  for (const page of ['README.md', ...PAGES]) {
    const unnamed = [...read(page).matchAll(/(?:^|\n\n)((?:.+\n)*)\n```\w+ (\S+)\n/g)].filter(([, above, file]) => !above!.includes(`\`${file}\``)).map(([, , file]) => file)
    t.same(unnamed, [], page)
  }
})

t.test('the pages do what they show', async (t) => {
  const runners = (process.features as { typescript?: unknown }).typescript ? [byTsx, byNode] : [byTsx]
  for (const run of runners) {
    for (const manifest of [{}, { type: 'module' }]) {
      await t.test(`README.md with package.json ${JSON.stringify(manifest)} by ${run === byTsx ? 'tsx' : 'node'}`, (t) => follow(t, 'README.md', { manifest, run }))
    }
  }
  for (const page of PAGES) {
    if (blocksOf(read(page)).some((block) => block.file !== undefined)) await t.test(page, (t) => follow(t, page, { manifest: { type: 'module' }, run: byTsx }))
  }
  for (const page of ['README.md', ...['getting-started', 'fastify', 'express', 'routing', 'handlers', 'legacy', 'migrating-from-fastify-routes', 'migrating-from-express', 'migrating-from-nextjs', 'gradual-migration', 'caching', 'metadata', 'proxy', 'rules', 'limits-and-shutdown', 'imports-and-typescript', 'errors', 'options', 'differences'].map((name) => `docs/${name}.md`)]) {
    t.ok(requests.has(page), `${page} shows something that can be run`)
  }
})

/** Headings as GitHub turns them into anchors. */
function anchorsOf (markdown: string): Set<string> {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, '')
  return new Set([...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')))
}

t.test('every relative link leads to a file or heading', async (t) => {
  let seen = 0
  for (const page of ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...PAGES]) {
    const markdown = read(page).replace(/^```[\s\S]*?^```$/gm, '')
    for (const [, link] of markdown.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link!)) continue
      seen++
      const [file, anchor] = link!.split('#', 2)
      const target = path.posix.join(path.posix.dirname(page), file!)
      const at = file === '' ? page : target
      if (!existsSync(path.join(ROOT, at))) t.fail(`${page}: ${link} leads nowhere`)
      else if (anchor !== undefined && !anchorsOf(read(at)).has(anchor)) t.fail(`${page}: ${link} names no heading`)
    }
  }
  t.ok(seen > 40, `${seen} links looked at`)
})

/** The names that a page has a heading for: ## `name` */
function headed (page: string): string[] {
  return [...read(page).matchAll(/^#{2,3} `([^`]+)`/gm)].map(([, name]) => name!).sort()
}

t.test('docs/errors.md lists the codes of lib/errors.ts and no other', async (t) => {
  const codes = new Set(read('lib/errors.ts').match(/(?:FAR|FST)_(?:ERR|WARN)\w*/g)!.filter((code) => code !== 'FST_'))
  t.ok(codes.size > 10)
  t.same(headed('docs/errors.md'), [...codes].sort())
})

t.test('docs/options.md lists the options that the hosts accept and no other', async (t) => {
  const known = (error: Error): string[] => /Known options: (.+)\.$/.exec(error.message)![1]!.split(', ')
  const wrong = { dir: 'app', aNameThatIsLikeNoOption: true } as never
  const names = new Set<string>()
  try {
    expressRoutes(wrong)
  } catch (error) {
    known(error as Error).forEach((name) => names.add(name))
  }
  const fastify = Fastify()
  fastify.register(appRoutes, wrong)
  await fastify.ready().then(() => {}, (error) => { known(error).forEach((name) => names.add(name)) })
  t.ok(names.has('prefix') && names.has('unhandledMethod'), 'both hosts were asked')
  t.same(headed('docs/options.md'), [...names].sort())
})

t.test('docs/architecture.md names the folders of lib/ and no other', async (t) => {
  const folders = readdirSync(path.join(ROOT, 'lib'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  t.same([...new Set([...read('docs/architecture.md').matchAll(/`lib\/([\w-]+)\//g)].map(([, name]) => name))].sort(), folders.sort())
})

t.test('every page is linked from the README', async (t) => {
  const readme = read('README.md')
  for (const page of PAGES.filter((page) => !page.includes('/decisions/'))) t.ok(readme.includes(`(${page})`), page)
})
