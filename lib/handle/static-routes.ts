import { Cache } from '../cache/cache.ts'
import { MemoryStore } from '../cache/memory-store.ts'
import { namespaceOf } from '../cache/namespace.ts'
import type { CacheLog } from '../cache/observe.ts'
import type { CacheOptions } from '../cache/options.ts'
import { OutsideCaching } from '../cache/outside.ts'
import { outsideRequests } from '../context/request-context.ts'
import type { Route, RouteTable } from '../routes/table.ts'
import type { Mount } from './context.ts'
import { mayBeStatic } from './static-candidates.ts'
import { StaticRoute } from './static-route.ts'
import type { Place } from './static-paths.ts'

/** The cache of a directory. */
export function openCache ({ store, maxBytes, maxEntries, namespace }: CacheOptions, dir: string, table: RouteTable, log: CacheLog): Cache {
  const cache = new Cache(store ?? new MemoryStore({ maxBytes, maxEntries }), log)
  if (cache.isShared) cache.useNamespace(namespaceOf(dir, table.routes.map(({ file }) => file), namespace))
  outsideRequests.caching = new OutsideCaching(cache)
  return cache
}

/** The routes of a directory whose GET may answer once for all. */
export class StaticRoutes {
  readonly #routes = new Map<Route, StaticRoute>()
  readonly #mount: Mount
  readonly #table: RouteTable
  #closed = false

  /** @param prefix the mount prefix */
  constructor (mount: Mount, table: RouteTable, prefix: string) {
    this.#mount = mount
    this.#table = table
    for (const route of table.routes) if (mayBeStatic(route, mount.compat)) this.#routes.set(route, new StaticRoute(mount, route, prefix))
  }

  get (route: Route): StaticRoute | undefined { return this.#routes.get(route) }

  /**
   * Makes all answers that can be made ahead, some at a time, while requests are served; what fails is logged and made later.
   * @param mountPath what the router of the host cuts off the paths
   */
  async prerenderBehind (mountPath = ''): Promise<void> {
    await this.#prerender(mountPath, (error, route) => { this.#mount.log.error(error, `The static answer of ${route.route.file} could not be made ahead; it is made when somebody asks for it.`) })
  }

  /**
   * Makes all answers that can be made ahead.
   * @throws Error of the first that fails
   */
  async prerender (): Promise<void> {
    await this.#prerender('', (error) => { throw error })
  }

  close (): void { this.#closed = true }

  async #prerender (mountPath: string, failed: (error: unknown, route: StaticRoute) => void): Promise<void> {
    const tasks = this.#tasks(mountPath, failed)
    const work = async (): Promise<void> => { for await (const task of tasks) await task() }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }

  async * #tasks (mountPath: string, failed: (error: unknown, route: StaticRoute) => void): AsyncGenerator<() => Promise<void>> {
    for (const route of this.#routes.values()) {
      const known = await route.paths.known(mountPath).catch((error: unknown) => {
        failed(error, route)
        return []
      })
      for (const place of known) {
        if (this.#closed) return
        if (!route.isDynamic && this.#isServedBy(route, place)) yield () => route.prerenderMissing(place).catch((error: unknown) => { failed(error, route) })
      }
    }
  }

  /** Another file may serve a path that the `generateStaticParams()` of a pattern names. */
  #isServedBy ({ route, paths }: StaticRoute, { own }: Place): boolean {
    const owner = paths.hasParams ? this.#table.match(own || '/') : route
    return owner === null || owner === route
  }
}

const AT_ONCE = 4
