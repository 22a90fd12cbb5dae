/** Types that `next` itself exports and that make sense in a server without pages. At run time there is nothing here. */
export type { FileSizeSuffix, NextApiHandler, NextApiRequest, NextApiResponse, PageConfig, PreviewData, ResponseLimit, SizeLimit } from './api-types.ts'
export type { NextConfig, Redirect, Route, ServerRuntime } from './config-types.ts'
export type { Instrumentation } from './instrumentation-types.ts'
export type { Metadata, MetadataRoute, ResolvedMetadata, ResolvingMetadata } from './metadata-types.ts'
export type { ParamsOf } from '../route-types.ts'
