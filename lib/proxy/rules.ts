import { AppRoutesOptionError } from '../errors.ts'
import type { ConfigHeader, ConfigRedirect, ConfigRewrite, RewriteLists } from '../next/config-types.ts'
import { checkRule, type RuleKind } from './check-rule.ts'
import { HeaderRule, RedirectRule, RewriteRule } from './rule.ts'

/** A value, or a function that gives it. */
export type Given<T> = T | (() => T | Promise<T>)

export interface RuleOptions {
  headers?: Given<ConfigHeader[]> | undefined
  redirects?: Given<ConfigRedirect[]> | undefined
  rewrites?: Given<ConfigRewrite[] | RewriteLists> | undefined
}

/** The rules of a directory, in the order in which they are asked. */
export interface Rules {
  headers: HeaderRule[]
  redirects: RedirectRule[]
  beforeFiles: RewriteRule[]
  afterFiles: RewriteRule[]
  fallback: RewriteRule[]
}

/**
 * @param where what messages call the place of an option: `redirects` of next.config.js
 * @throws AppRoutesOptionError naming every rule that is wrong, and what is wrong with it
 */
export async function compileRules (given: RuleOptions, basePath: string, where: (option: keyof RuleOptions) => string): Promise<Rules> {
  const headers = await resolve(given.headers, 'headers', where) ?? []
  const redirects = await resolve(given.redirects, 'redirects', where) ?? []
  const lists = listsOf(await resolve(given.rewrites, 'rewrites', where) ?? [])
  const problems = [
    ...checkRules(headers, 'header', where('headers')),
    ...checkRules(redirects, 'redirect', where('redirects')),
    ...Object.entries(lists).flatMap(([name, list]) => checkRules(list, 'rewrite', `${where('rewrites')}${Array.isArray(given.rewrites) ? '' : ` (${name})`}`))
  ]
  if (problems.length > 0) throw new AppRoutesOptionError(problems.join('\n'))
  const rewrites = (rules: ConfigRewrite[]): RewriteRule[] => rules.map((rule) => new RewriteRule(rule, basePath))
  return {
    headers: headers.map((rule) => new HeaderRule(rule, basePath)),
    redirects: redirects.map((rule) => new RedirectRule(rule, basePath)),
    beforeFiles: rewrites(lists.beforeFiles),
    afterFiles: rewrites(lists.afterFiles),
    fallback: rewrites(lists.fallback)
  }
}

async function resolve<T> (given: Given<T> | undefined, option: keyof RuleOptions, where: (option: keyof RuleOptions) => string): Promise<T | undefined> {
  if (typeof given !== 'function') return given
  try {
    return await (given as () => T | Promise<T>)()
  } catch (cause) {
    throw new AppRoutesOptionError(`${where(option)} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

const LISTS = ['beforeFiles', 'afterFiles', 'fallback']

/** A list alone stands for `afterFiles`. */
function listsOf (rewrites: ConfigRewrite[] | RewriteLists): Required<RewriteLists> {
  const isObject = typeof rewrites === 'object' && rewrites !== null && !Array.isArray(rewrites) && Object.keys(rewrites).every((key) => LISTS.includes(key))
  if (!isObject) return { beforeFiles: [], afterFiles: rewrites as ConfigRewrite[], fallback: [] }
  const { beforeFiles = [], afterFiles = [], fallback = [] } = rewrites
  return { beforeFiles, afterFiles, fallback }
}

function checkRules (rules: unknown, kind: RuleKind, where: string): string[] {
  if (!Array.isArray(rules)) return [`${where}: ${kind}s must return an array, received ${typeof rules}. See https://nextjs.org/docs/messages/routes-must-be-array`]
  const problems = rules.flatMap((rule: unknown, index) => checkRule(rule, kind).map((problem) => `\n  ${index + 1}. ${problem}`))
  return problems.length === 0 ? [] : [`Invalid ${kind}${problems.length === 1 ? '' : 's'} found in ${where}:${problems.join('')}`]
}
