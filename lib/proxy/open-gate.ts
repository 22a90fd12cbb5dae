import type { AppDirectoryProblem } from '../errors.ts'
import type { Lifecycle } from '../handle/lifecycle.ts'
import type { ParsedOptions } from '../options.ts'
import { findProxy } from './find-proxy.ts'
import type { Gate } from './gate.ts'
import type { ProxyFile } from './proxy-file.ts'
import type { Settings } from './settings.ts'

type Options = Pick<ParsedOptions, 'dir' | 'proxy' | 'compat'>

/**
 * The proxy file of a directory, if there is one.
 * @param warn told of files that are not run
 */
export async function loadProxy (options: Options, { basePath }: Settings, warn: (message: string) => void, problems: AppDirectoryProblem[]): Promise<ProxyFile | undefined> {
  const { dir, compat, proxy } = options
  const file = proxy === undefined ? findProxy({ dir, compat, warn }, problems) : proxy
  if (file === undefined || file === false) return undefined
  const { loadProxyFile } = await import('./proxy-file.ts')
  return await loadProxyFile(file, { dir, compat, basePath }, problems)
}

/**
 * What stands in front of a directory; undefined where it has neither rules nor a proxy, and pays for none.
 * @throws MissingPackageError where a rule leads to another server, and `undici` is not installed
 */
export async function openGate (file: ProxyFile | undefined, { rules, basePath, trailingSlash }: Settings, { compat }: Options, lifecycle: Lifecycle): Promise<Gate | undefined> {
  if (file === undefined && rules === undefined) return undefined
  const [{ Gate }, { Proxy }, { Origins }] = await Promise.all([import('./gate.ts'), import('./proxy.ts'), import('./origins.ts')])
  const origins = new Origins()
  for (const { origin } of [...rules?.beforeFiles ?? [], ...rules?.afterFiles ?? [], ...rules?.fallback ?? []]) {
    if (origin !== undefined && origin !== '') origins.upstreamFor(new URL(origin))
  }
  const nextConfig = basePath !== '' || trailingSlash === true ? { basePath, trailingSlash: trailingSlash === true } : undefined
  const proxy = file === undefined ? undefined : new Proxy(file, { compat, nextConfig, lifecycle })
  return new Gate({ rules, proxy, origins })
}
