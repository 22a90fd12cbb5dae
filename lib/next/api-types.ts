import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServerRuntime } from './config-types.ts'

/** What handlers under `pages/api` are typed with. */

export type PreviewData = string | false | object | undefined

export interface NextApiRequest extends IncomingMessage {
  /** The query, with the dynamic segments of the path. */
  query: Partial<Record<string, string | string[]>>
  cookies: Partial<Record<string, string>>
  /** Parsed by its content type. As in Next.js, any: handlers written for it read members right away. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any
  env: Record<string, string | undefined>
  draftMode?: boolean | undefined
  preview?: boolean | undefined
  previewData?: PreviewData | undefined
}

export type NextApiResponse<Data = unknown> = ServerResponse & {
  send: (body: Data) => void
  json: (body: Data) => void
  status: (statusCode: number) => NextApiResponse<Data>
  redirect (url: string): NextApiResponse<Data>
  redirect (status: number, url: string): NextApiResponse<Data>
  setDraftMode: (options: { enable: boolean }) => NextApiResponse<Data>
  setPreviewData: (data: object | string, options?: { maxAge?: number, path?: string }) => NextApiResponse<Data>
  clearPreviewData: (options?: { path?: string }) => NextApiResponse<Data>
  revalidate: (urlPath: string, options?: { unstable_onlyGenerated?: boolean }) => Promise<void>
}

export type NextApiHandler<Data = unknown> = (req: NextApiRequest, res: NextApiResponse<Data>) => unknown

type Unit = 'k' | 'K' | 'm' | 'M' | 'g' | 'G' | 't' | 'T' | 'p' | 'P'
export type FileSizeSuffix = `${Unit}${'b' | 'B'}`
/** Bytes, or a text such as `'500kb'`. */
export type SizeLimit = number | `${number}${FileSizeSuffix}`
export type ResponseLimit = SizeLimit | boolean

/** The `config` that a file under `pages` exports. */
export interface PageConfig {
  api?: {
    responseLimit?: ResponseLimit | undefined
    bodyParser?: { sizeLimit?: SizeLimit | undefined } | false | undefined
    externalResolver?: true | undefined
  }
  env?: string[] | undefined
  maxDuration?: number | undefined
  runtime?: ServerRuntime | undefined
  unstable_runtimeJS?: false | undefined
  unstable_JsPreload?: false | undefined
}
