import type { MetadataType } from '../routes/metadata-files.ts'
import { LightResponse } from '../web/light-response.ts'
import { findItem, ID_PARAM, idFor, itemsOf, paramsWithId, type Item } from './ids.ts'
import { writeManifest } from './manifest.ts'
import { configOf, REVALIDATE, type Context, type Exported, type Origin, type RouteModule } from './module.ts'
import { writeRobots } from './robots.ts'
import { writeSitemap } from './sitemap.ts'

type TextType = Extract<MetadataType, 'robots' | 'manifest' | 'sitemap'>

export const isText = (type: MetadataType): type is TextType => Object.hasOwn(KINDS, type)

const KINDS: Record<TextType, { type: string, write: (data: unknown, file: string) => string }> = {
  robots: { type: 'text/plain', write: writeRobots },
  manifest: { type: 'application/manifest+json', write: writeManifest },
  sitemap: { type: 'application/xml', write: writeSitemap }
}

export const textTypeOf = (type: TextType): string => KINDS[type].type

/** The module that serves `robots.ts`, `manifest.ts` or `sitemap.ts`. */
export function textRoute (type: TextType, exported: Exported, origin: Origin): RouteModule {
  if (type === 'sitemap' && exported.generateSitemaps !== undefined) return sitemapsRoute(exported, origin)
  // Before 16 a sitemap got the id that it does not have.
  const args = type === 'sitemap' && origin.compat < 16 ? [{ id: undefined }] : []
  return { ...configOf(exported), GET: async () => answer(type, await exported.default(...args), origin) }
}

/** One sitemap for each item, at its id. */
function sitemapsRoute (exported: Exported, origin: Origin): RouteModule {
  const { file, compat } = origin
  const all = async (): Promise<Item[]> => itemsOf(await (exported.generateSitemaps as () => unknown)(), file, 'generateSitemaps')
  return {
    ...configOf(exported),
    async GET (_request: Request, context: Context) {
      const { id } = await paramsWithId(context)
      const name = id?.endsWith('.xml') === true ? id.slice(0, -'.xml'.length) : undefined
      // 15 looks at no list, and makes a sitemap of any id.
      const found = compat === 15 ? name : findItem(await all(), name)?.id
      if (found === undefined) return new LightResponse('Not Found', { status: 404 })
      return answer('sitemap', await exported.default({ id: idFor(found, compat) }), origin)
    },
    generateStaticParams: async () => (await all()).map(({ id }) => ({ [ID_PARAM]: `${String(id)}.xml` }))
  }
}

function answer (type: TextType, data: unknown, { file }: Origin): Response {
  // Next.js would write nonsense.
  if (data instanceof Response) return data
  const { type: contentType, write } = KINDS[type]
  return new LightResponse(write(data, file), { headers: { 'content-type': contentType, 'cache-control': REVALIDATE } })
}
