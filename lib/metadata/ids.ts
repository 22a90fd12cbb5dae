import type { Compat } from '../routes/options.ts'
import { MetadataError } from '../errors.ts'
import { show } from '../routes/problems.ts'
import type { Context } from './module.ts'

/** The parameter of routes for several sitemaps or images; Next.js calls it so, and it shows in names of routes. */
export const ID_PARAM = '__metadata_id__'

/** What stands for one sitemap or image of several. */
export type Item = Record<string, unknown> & { id: unknown }

/**
 * What `generateSitemaps` or `generateImageMetadata` gave.
 * @throws MetadataError where it is no list, or an item has no `id`
 */
export function itemsOf (items: unknown, file: string, from: string): Item[] {
  if (!Array.isArray(items)) throw new MetadataError(`${file}: ${from} returned ${show(items)}, expected an array of objects with an \`id\`.`)
  items.forEach((item: unknown, index) => {
    if ((item as Item | null | undefined)?.id == null) throw new MetadataError(`${file}: item ${index} of ${from} is ${show(item)}: the \`id\` property is required for every item.`)
  })
  return items as Item[]
}

export const findItem = (items: Item[], id: string | undefined): Item | undefined => items.find((item) => String(item.id) === id)

/**
 * The id as the function that makes the content gets it: in 16 a promise of its text, as it stands in the URL, which can
 * also be used as a text or number right away; before, the value itself.
 */
export function idFor (id: unknown, compat: Compat): unknown {
  if (compat < 16) return id
  const text = String(id)
  const promise = Promise.resolve(text)
  for (const name of ['toString', 'valueOf', 'toJSON']) Object.defineProperty(promise, name, { value: () => text })
  return promise
}

/** The parameters of a request without the id. */
export async function paramsWithId ({ params }: Context): Promise<{ id: string | undefined, rest: Record<string, string | string[] | undefined> }> {
  const { [ID_PARAM]: id, ...rest } = await params ?? {}
  return { id: id as string | undefined, rest }
}
