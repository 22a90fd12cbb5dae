import t, { type Test } from 'tap'
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import ts from 'typescript'

/**
 * Our types and names against those of the real Next.js, which `.ci/run` installs; see the files beside this one.
 */

// The type checker runs for each major.
t.setTimeout(300_000)

const root = path.resolve(import.meta.dirname, '../..')
const MAJORS = [13, 14, 15, 16] as const
type Major = typeof MAJORS[number]

const nextDir = (major: Major): string => path.join(root, `.cache/next-${major}/node_modules/next`)
const isInstalled = (major: Major): boolean => existsSync(path.join(nextDir(major), 'package.json'))
const missing = (...majors: Major[]): string | false => {
  const absent = majors.filter((major) => !isInstalled(major))
  return absent.length > 0 && `needs Next.js ${absent.join(', ')}: npm install --no-save --ignore-scripts --omit=optional --prefix .cache/next-${absent[0]} next@${absent[0]}`
}

const SPECIFIC: Record<Major, string> = { 13: 'classic.ts', 14: 'classic.ts', 15: 'fifteen.ts', 16: 'sixteen.ts' }

/** Type-checks files in a project that has us and one real Next.js, and gives what TypeScript says. */
async function check (t: Test, major: Major, from: string, files: string[]): Promise<string> {
  const project = t.testdir({})
  cpSync(path.join(import.meta.dirname, from), project, { recursive: true })
  mkdirSync(path.join(project, 'node_modules/@types'), { recursive: true })
  symlinkSync(nextDir(major), path.join(project, 'node_modules/next'), 'junction')
  symlinkSync(root, path.join(project, 'node_modules/fastify-app-routes'), 'junction')
  symlinkSync(path.join(root, 'node_modules/@types/node'), path.join(project, 'node_modules/@types/node'), 'junction')
  const args = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--lib', 'es2023,dom,dom.iterable,esnext.disposable', '--types', 'node', '--module', 'esnext', '--moduleResolution', 'bundler', '--pretty', 'false', ...files]
  try {
    await promisify(execFile)(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), ...args], { cwd: project, env: { ...process.env, NODE_OPTIONS: '' } })
    return ''
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

for (const major of MAJORS) {
  t.test(`the types of Next.js ${major} are assignable to ours, and ours to them`, { skip: missing(major) }, async (t) => {
    t.equal(await check(t, major, 'next', ['every.ts', SPECIFIC[major]]), '')
  })
}

t.test('ambient declarations leave an installed Next.js as it is', { skip: missing(16) }, async (t) => {
  t.equal(await check(t, 16, 'installed', ['installed.ts']), '')
})

const ENTRIES = ['server', 'headers', 'navigation', 'cache', 'og'] as const
type Entry = typeof ENTRIES[number]

t.test('every name that Next.js gives at run time is here, and no other', { skip: missing(...MAJORS) }, async (t) => {
  const theirs: Record<Entry, Set<string>> = { server: new Set(['unstable_after']), headers: new Set(), navigation: new Set(), cache: new Set(), og: new Set() }
  for (const major of MAJORS) {
    const entries = ENTRIES.filter((entry) => existsSync(path.join(nextDir(major), `${entry}.js`)))
    const script = `console.log(JSON.stringify(${JSON.stringify(entries)}.map((entry) => [entry, Object.keys(require('next/' + entry))])))`
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { cwd: path.resolve(nextDir(major), '../..'), env: { ...process.env, NODE_OPTIONS: '' } })
    for (const [entry, names] of JSON.parse(stdout) as Array<[Entry, string[]]>) for (const name of names) theirs[entry].add(name)
  }
  // Where Node.js has no URLPattern, 13 exports none.
  for (const entry of ENTRIES) {
    const ours = Object.keys(await import(`fastify-app-routes/${entry}`) as object)
    t.same(ours.sort(), [...theirs[entry]].sort(), entry)
  }
})

/** What `next` itself exports for pages, for its own server, or for tools that build an application. */
const FOR_PAGES = [
  'AdapterOutput', 'default', 'GetServerSideProps', 'GetServerSidePropsContext', 'GetServerSidePropsResult', 'GetStaticPaths', 'GetStaticPathsContext',
  'GetStaticPathsResult', 'GetStaticProps', 'GetStaticPropsContext', 'GetStaticPropsResult', 'InferGetServerSidePropsType', 'InferGetStaticPropsType',
  'Instant', 'NextAdapter', 'NextComponentType', 'NextPage', 'NextPageContext', 'ParamMatching', 'ResolvedViewport', 'ResolvingViewport',
  'RouterTransitionEvent', 'RouterTransitionPrefetchIntent', 'RouterTransitionStartEvent', 'RouterTransitionType', 'Viewport'
]

t.test('every name that Next.js declares is declared here, but for those of pages', { skip: missing(...MAJORS) }, async (t) => {
  const entries = [...ENTRIES, 'index'] as const
  const ours = declaredNames(entries.map((entry) => path.join(root, `dist/next/${entry === 'index' ? 'next' : entry}.d.ts`)))
  const missed = new Set<string>()
  for (const major of MAJORS) {
    const theirs = declaredNames(entries.map((entry) => path.join(nextDir(major), `${entry}.d.ts`)))
    for (const [index, entry] of entries.entries()) {
      const absent = theirs[index]!.filter((name) => !ours[index]!.includes(name))
      if (entry !== 'index') t.same(absent, [], `next/${entry} of ${major}`)
      else for (const name of absent) missed.add(name)
    }
  }
  t.same([...missed].sort(), [...FOR_PAGES].sort(), 'next')
})

/** What each file exports, types included; 13 has no next/og. */
function declaredNames (files: string[]): string[][] {
  const program = ts.createProgram(files.filter((file) => existsSync(file)), { moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext, noLib: true, types: [] })
  const checker = program.getTypeChecker()
  return files.map((file) => {
    const source = program.getSourceFile(file)
    return source === undefined ? [] : checker.getExportsOfModule(checker.getSymbolAtLocation(source)!).map(({ name }) => name)
  })
}
