import type { AppDirectoryProblem } from '../errors.ts'
import type { Compat } from './options.ts'
import type { Entry } from './scan.ts'
import { asRouted } from './path.ts'
import { formatSegment, interceptionMarker, parseSegment, type Segment } from './segments.ts'

/**
 * The layout problems of an app directory: what makes Next.js refuse it, or serve nothing but errors from it.
 * Next.js stops at the first; here all are collected.
 */
export function findConflicts (entries: Entry[], compat: Compat): AppDirectoryProblem[] {
  const problems: AppDirectoryProblem[] = []
  const sound: Array<Entry & { parsed: Segment[] }> = []
  for (const entry of entries) {
    const parsed = parsePath(entry, compat, problems)
    if (parsed !== null) sound.push({ ...entry, parsed })
  }
  problems.push(...samePath(sound, compat), ...sameLevel(sound, compat))
  return problems
}

/**
 * What is wrong among API routes of a `pages` directory, and between them and the app directory. Next.js looks for the
 * same path only; a parameter of two names would leave it to chance which file answers.
 */
export function findPagesConflicts (pages: Entry[], app: Entry[], compat: Compat): AppDirectoryProblem[] {
  const problems = findConflicts(pages, compat)
  for (const page of pages) {
    for (const other of app) {
      if (shapeOf(other) !== shapeOf(page)) continue
      problems.push(other.path === page.path
        ? layout(`App Router and Pages Router both match path: ${page.path}`, [other.file, page.file], 'Remove one of the two.')
        : layout(`App Router and Pages Router both match path: ${other.path} and ${page.path} differ in the names of their parameters only.`, [other.file, page.file], 'Remove one of the two.'))
    }
  }
  return problems
}

/** A path without the names of its parameters. */
function shapeOf ({ segments }: Entry): string {
  return segments.map((text) => {
    const segment = parseSegment(text)
    return 'problem' in segment || segment.kind === 'static' ? text : `${segment.prefix}[${segment.kind}]`
  }).join('/')
}

function layout (message: string, files: string[], mend: string): AppDirectoryProblem {
  return { code: 'FAR_ERR_LAYOUT', message, files, mend }
}

/** What is wrong with one path taken alone. */
function parsePath (entry: Entry, compat: Compat, problems: AppDirectoryProblem[]): Segment[] | null {
  const found: AppDirectoryProblem[] = []
  const parsed: Segment[] = []
  const names: string[] = []
  entry.segments.forEach((text, index) => {
    const segment = parseSegment(text)
    if ('problem' in segment) {
      found.push(layout(`${segment.problem} in route "${entry.path}".`, [entry.file], `Rename the folder ${text}: [name], [...name] and [[...name]] are the dynamic ones.`))
      return
    }
    parsed.push(segment)
    const levels = interceptionMarker(text).split('(..)').length - 1
    if (levels > index) {
      found.push(layout(`Invalid interception route: ${entry.path}. It cannot go ${levels} level${levels === 1 ? '' : 's'} up from there.`, [entry.file], 'Use (.) or fewer (..) markers.'))
    }
    if (segment.kind === 'static') {
      if (asRouted(text).includes('*')) found.push(layout(`The folder ${text} cannot be routed: a path may not hold "*".`, [entry.file], 'Rename the folder.'))
      return
    }
    if (segment.kind !== 'dynamic' && index < entry.segments.length - 1) {
      const what = segment.kind === 'catch-all' ? 'Catch-all' : 'Optional catch-all'
      found.push(layout(`${what} must be the last part of the URL in route "${entry.path}".`, [entry.file], `Move what is below ${text} elsewhere, or make ${text} a [${segment.name}].`))
    }
    for (const name of names) {
      if (name === segment.name) {
        found.push(layout(`You cannot have the same slug name "${name}" repeat within a single dynamic path in route "${entry.path}".`, [entry.file], 'Give each parameter of the path a name of its own.'))
      } else if (withoutSymbols(name) === withoutSymbols(segment.name)) {
        found.push(layout(`You cannot have the slug names "${name}" and "${segment.name}" differ only by non-word symbols within a single dynamic path in route "${entry.path}".`, [entry.file], 'Give each parameter of the path a clearly different name.'))
      }
    }
    names.push(segment.name)
  })
  // 16 cuts the path in two where a marker stands.
  if (compat === 16 && entry.segments.map(interceptionMarker).some((marker) => marker !== '' && entry.path.split(marker).length > 2)) {
    found.push(layout(`Invalid interception route: ${entry.path}. It holds one marker twice.`, [entry.file], 'Intercept in one folder of the path only.'))
  }
  problems.push(...found)
  return found.length === 0 ? parsed : null
}

const withoutSymbols = (name: string): string => name.replace(/\W/g, '')

/** Two files that claim one path. */
function samePath (entries: Entry[], compat: Compat): AppDirectoryProblem[] {
  const problems: AppDirectoryProblem[] = []
  for (const [path, group] of groupBy(entries, (entry) => entry.path)) {
    const routes = distinctFolders(group.filter((entry) => entry.kind === 'route'))
    const others = group.filter((entry) => entry.kind !== 'route')
    for (const other of others) {
      // Before 16 a metadata file and a route of the same path built; in 14 the route answered.
      if (other.kind === 'metadata' && compat < 15) continue
      for (const route of routes) {
        problems.push(layout(`Conflicting route and ${other.kind} at ${path}: route at ${folderOf(route)} and ${other.kind} at ${folderOf(other)}.`, [route.file, other.file], `Remove one of the two, or move the ${other.kind} to another path.`))
      }
    }
    // Before 16 two groups could hold the same path, and one of them answered.
    if (compat < 16) continue
    if (routes.length > 1) {
      problems.push(layout(`Conflicting routes at ${path}: ${routes.map((route) => `route at ${folderOf(route)}`).join(' and ')}.`, routes.map((route) => route.file), 'Keep one of them: groups and slots are not part of the path.'))
    }
    for (const alike of sameForm(group)) {
      problems.push(layout(`Conflicting metadatas at ${path}: ${alike.map(({ file }) => `metadata at /${file}`).join(' and ')}.`, alike.map(({ file }) => file), 'Keep one of them.'))
    }
  }
  return problems
}

const folderOf = (entry: Entry): string => '/' + entry.file.replace(/\.[^./]+$/, '')

/** `route.ts` beside `route.js` is a choice, not a conflict: one entry for each folder. */
function distinctFolders (routes: Entry[]): Entry[] {
  return [...new Map(routes.map((route) => [folderOf(route), route])).values()]
}

/** Metadata files of one path that are all modules, or all sent as they are: of one of each kind, the latter is served. */
function sameForm (group: Entry[]): Entry[][] {
  return [true, false].map((isCode) => group.filter(({ metadata }) => metadata?.isCode === isCode)).filter(({ length }) => length > 1)
}

/** What is below a path, in ordinary folders or in those with one marker of intercepting folders. */
interface Level {
  /** As the first folder there spells it. */
  path: string
  marker: string
  /** The files whose path ends there. */
  ends: string[]
  /** By name, with the files. */
  dynamic: Map<string, string[]>
  'catch-all': Map<string, string[]>
  'optional-catch-all': Map<string, string[]>
}

/** Dynamic segments of one level that exclude each other. */
function sameLevel (entries: Array<Entry & { parsed: Segment[] }>, compat: Compat): AppDirectoryProblem[] {
  const levels = new Map<string, Level>()
  const ends = new Map<string, string[]>()
  for (const entry of entries) {
    // Without the names of parameters, and with them.
    let key = ''
    let path = ''
    for (const segment of entry.parsed) {
      if (segment.kind === 'static') key += '/' + segment.value
      else {
        const { kind, name, prefix: marker } = segment
        if (!ends.has(key)) ends.set(key, [])
        let level = levels.get(`${key}/${marker}`)
        if (level === undefined) levels.set(`${key}/${marker}`, level = { path: path || '/', marker, ends: ends.get(key)!, dynamic: new Map(), 'catch-all': new Map(), 'optional-catch-all': new Map() })
        level[kind].set(name, [...level[kind].get(name) ?? [], entry.file])
        key += '/' + formatSegment({ ...segment, name: '' })
      }
      path += '/' + formatSegment(segment)
    }
    ends.set(key, ends.get(key) ?? [])
    ends.get(key)!.push(entry.file)
  }
  return [...levels.values()].flatMap((level) => levelProblems(level, compat))
}

function levelProblems ({ path, marker, ends, dynamic, 'catch-all': catchAlls, 'optional-catch-all': optionals }: Level, compat: Compat): AppDirectoryProblem[] {
  const problems: AppDirectoryProblem[] = []
  for (const names of [dynamic, catchAlls, optionals]) {
    const [first, ...rest] = names
    for (const [name, files] of rest) {
      problems.push(layout(`You cannot use different slug names for the same dynamic path ('${first![0]}' !== '${name}').`, [...first![1], ...files], `Use one name for the parameter below ${path}.`))
    }
  }
  const [catchAll] = catchAlls
  const [optional] = optionals
  if (catchAll !== undefined && optional !== undefined) {
    problems.push(layout(`You cannot use both an required and optional catch-all route at the same level ("${marker}[...${catchAll[0]}]" and "${marker}[[...${optional[0]}]]").`, [...catchAll[1], ...optional[1]], 'Keep the optional one: it also serves what the required one does.'))
  }
  // 15 alone let the two stand side by side.
  if (optional !== undefined && ends.length > 0 && compat !== 15) {
    const below = path === '/' ? '' : path
    problems.push(layout(`You cannot define a route with the same specificity as an optional catch-all route ("${path}" and "${below}/${marker}[[...${optional[0]}]]").`, [...ends, ...optional[1]], `Remove one of the two, or make it a required catch-all: ${marker}[...${optional[0]}].`))
  }
  return problems
}

function groupBy<T> (items: T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group === undefined) groups.set(key(item), [item])
    else group.push(item)
  }
  return groups
}
