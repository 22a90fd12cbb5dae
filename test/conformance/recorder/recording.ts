import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { differences } from '../diff.mjs'

/** A case of `cases-SUITE.json`; its steps are the matter of `client.mjs` and `diff.mjs`. */
export interface Case {
  id: string
  feature: string
  note?: string
  /** The majors that it is for; all without. */
  versions?: number[]
  steps: object[]
}

/** The answer to one step: a response, or how there was none. */
export interface Answer {
  status?: number
  headers?: Record<string, string | string[]>
  body?: string
  bodyBase64?: string
  error?: string
  [more: string]: unknown
}

/** What one version of Next.js answered to the cases of one suite. */
export interface Recording {
  version: string
  node: string
  cases: Record<string, Answer[]>
}

const byVersion = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true })

export const majorOf = (version: string) => Number(version.split('.')[0])

/** The cases for a major. One newer than all that the file names is asked what the newest of them is. */
export function casesFor (cases: Case[], major: number): Case[] {
  const newest = Math.max(...cases.flatMap((c) => c.versions ?? 0))
  return cases.filter((c) => c.versions === undefined || c.versions.includes(Math.min(major, newest)))
}

const DAY = 86_400_000

/** `Expires` made from the time of the recording, and not a date that a route names. */
function withoutExpiry (cookie: string, now: number): string {
  return cookie.replace(/(Expires=)([^;]+)/i, (all, name: string, date: string) =>
    Math.abs(Date.parse(date) - now) < 1200 * DAY ? `${name}{{date}}` : all)
}

/** Takes out what is different at every run or build and is compared by no case, so that a second recording changes few lines. */
export function normalise (answer: Answer, now = Date.now()): Answer {
  if (answer.headers === undefined) return answer
  const headers = { ...answer.headers }
  let { body } = answer
  if (headers.date !== undefined) headers.date = '{{date}}'
  const cookies = headers['set-cookie']
  if (cookies !== undefined) {
    headers['set-cookie'] = Array.isArray(cookies) ? cookies.map((one) => withoutExpiry(one, now)) : withoutExpiry(cookies, now)
  }
  if (body !== undefined && /^<!DOCTYPE html/i.test(body)) {
    // A page of Next.js's own, full of the names of its chunks.
    body = '<!DOCTYPE html>{{page}}'
    if (headers.etag !== undefined) headers.etag = '{{etag}}'
  }
  return body === undefined ? { ...answer, headers } : { ...answer, headers, body }
}

/** The recordings of a corpus: `expected/SUITE/VERSION.json`. */
export class Recordings {
  readonly #dir: string

  constructor (corpus: string) { this.#dir = path.join(corpus, 'expected') }

  file (suite: string, version: string): string { return path.join(this.#dir, suite, `${version}.json`) }

  /** The versions that a suite is recorded of, oldest first. */
  versions (suite: string): string[] {
    let names: string[] = []
    try { names = readdirSync(path.join(this.#dir, suite)) } catch { /* a new suite */ }
    return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
      .sort(byVersion)
  }

  read (suite: string, version: string): Recording {
    return JSON.parse(readFileSync(this.file(suite, version), 'utf8')) as Recording
  }

  write (suite: string, recording: Recording): string {
    const file = this.file(suite, recording.version)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(recording, null, 1) + '\n')
    return file
  }

  /** The recording to hold a new one against: that of the same version, else of the nearest older one. */
  nearest (suite: string, version: string): string | undefined {
    return this.versions(suite).filter((one) => byVersion(one, version) <= 0).at(-1)
  }

  /** The suites that are recorded of a major, or of the newest major if there is nothing of this one yet. */
  suitesOf (major: number): string[] {
    const suites = readdirSync(this.#dir)
    const majors = (suite: string) => this.versions(suite).map(majorOf)
    const newest = Math.max(...suites.flatMap(majors))
    return suites.filter((suite) => majors(suite).includes(Math.min(major, newest)))
  }
}

/** The names that each version exports: version → entry point → names, in `exports.json`. */
export type ExportNames = Record<string, Record<string, string[]>>

export function readExports (corpus: string): ExportNames {
  const file = path.join(corpus, 'exports.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as ExportNames : {}
}

export function writeExports (corpus: string, version: string, names: Record<string, string[]>): void {
  const entries = Object.entries({ ...readExports(corpus), [version]: names }).sort(([a], [b]) => byVersion(a, b))
  writeFileSync(path.join(corpus, 'exports.json'), JSON.stringify(Object.fromEntries(entries), null, 1) + '\n')
}

/** Where two recordings disagree in what the cases compare; a case that only one of them has is no difference. */
export function disagreements (cases: Case[], before: Recording, after: Recording): Array<{ id: string, feature: string, differences: string[] }> {
  return cases.flatMap((c) => {
    const [was, is] = [before.cases[c.id], after.cases[c.id]]
    const found = was === undefined || is === undefined ? [] : differences(c, was, is)
    return found.length === 0 ? [] : [{ id: c.id, feature: c.feature, differences: found }]
  })
}
