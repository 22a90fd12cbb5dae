import type { BodyInit } from '../web/fetch-types.ts'
import { carriedNames, promiseWithValues } from '../next/thenable.ts'
import { LightResponse } from '../web/light-response.ts'
import { findItem, ID_PARAM, idFor, itemsOf, paramsWithId, type Item } from './ids.ts'
import { configOf, type Context, type Exported, type Origin, type RouteModule } from './module.ts'

/** The module that serves an icon, or an image for social networks, which is made by code. */
export function imageRoute (exported: Exported, origin: Origin, hasParams: boolean): RouteModule {
  if (exported.generateImageMetadata !== undefined) return imagesRoute(exported, origin)
  const more = origin.compat < 16 ? { id: undefined } : {}
  return {
    ...configOf(exported),
    GET: async (_request: Request, { params }: Context) => answer(await exported.default({ params: hasParams ? params : undefined, ...more }), exported.contentType)
  }
}

/** One image for each item, at its id. */
function imagesRoute (exported: Exported, { file, compat }: Origin): RouteModule {
  const all = async (params: object | undefined): Promise<Item[]> =>
    itemsOf(await (exported.generateImageMetadata as (props: object) => unknown)({ params }), file, 'generateImageMetadata')
  return {
    ...configOf(exported),
    async GET (_request: Request, context: Context) {
      const { id, rest } = await paramsWithId(context)
      const item = findItem(await all(rest), id)
      if (item === undefined) return new LightResponse('Not Found', { status: 404 })
      const params = promiseWithValues(rest, carriedNames(Object.keys(rest)))
      return answer(await exported.default({ params, id: idFor(item.id, compat) }), item.contentType ?? exported.contentType)
    },
    // Before 16 these images were made for each request.
    ...(compat < 16 ? {} : { generateStaticParams: async ({ params }: { params?: object } = {}) => (await all(params)).map(({ id }) => ({ [ID_PARAM]: String(id) })) })
  }
}

/**
 * What Next.js documents that the function may return, which is more than it takes: all that a Response can be made of.
 * The rest is told to be no response.
 */
function answer (image: unknown, contentType: unknown): unknown {
  const isBody = image instanceof Blob || image instanceof ArrayBuffer || ArrayBuffer.isView(image) || image instanceof ReadableStream
  if (!isBody) return image
  return new LightResponse(image as BodyInit, typeof contentType === 'string' ? { headers: { 'content-type': contentType } } : undefined)
}
