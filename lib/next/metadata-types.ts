/** What metadata files export: `robots.ts`, `sitemap.ts`, `manifest.ts`. */

interface RobotsRule {
  allow?: string | string[] | undefined
  disallow?: string | string[] | undefined
  crawlDelay?: number | undefined
  other?: Record<string, string | number | Array<string | number>> | undefined
}

interface Robots {
  rules: RobotsRule & { userAgent?: string | string[] | undefined } | Array<RobotsRule & { userAgent: string | string[] }>
  sitemap?: string | string[] | undefined
  host?: string | undefined
}

interface Restriction { relationship: 'allow' | 'deny', content: string }

interface Video {
  title: string
  thumbnail_loc: string
  description: string
  content_loc?: string | undefined
  player_loc?: string | undefined
  duration?: number | undefined
  expiration_date?: Date | string | undefined
  rating?: number | undefined
  view_count?: number | undefined
  publication_date?: Date | string | undefined
  family_friendly?: 'yes' | 'no' | undefined
  restriction?: Restriction | undefined
  platform?: Restriction | undefined
  requires_subscription?: 'yes' | 'no' | undefined
  uploader?: { info?: string | undefined, content?: string | undefined } | undefined
  live?: 'yes' | 'no' | undefined
  tag?: string | undefined
}

interface SitemapEntry {
  url: string
  lastModified?: string | Date | undefined
  changeFrequency?: 'always' | 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly' | 'never' | undefined
  priority?: number | undefined
  alternates?: { languages?: Record<string, string | undefined> | undefined } | undefined
  images?: string[] | undefined
  videos?: Video[] | undefined
}

type Display = 'fullscreen' | 'standalone' | 'minimal-ui' | 'browser'
type ClientMode = 'auto' | 'focus-existing' | 'navigate-existing' | 'navigate-new'
type Orientation = 'any' | 'natural' | 'landscape' | 'portrait' | 'portrait-primary' | 'portrait-secondary' | 'landscape-primary' | 'landscape-secondary'
type Platform = 'android' | 'chromeos' | 'ipados' | 'ios' | 'kaios' | 'macos' | 'windows' | 'xbox' | 'chrome_web_store' | 'itunes' | 'microsoft-inbox' | 'microsoft-store' | 'play'

interface ManifestImage { src: string, type?: string | undefined, sizes?: string | undefined }
interface ManifestIcon extends ManifestImage { purpose?: 'any' | 'maskable' | 'monochrome' | 'badge' | undefined }
interface ManifestFile { name: string, accept: string | string[] }

/** @see https://developer.mozilla.org/docs/Web/Progressive_web_apps/Manifest */
interface Manifest {
  background_color?: string | undefined
  categories?: string[] | undefined
  description?: string | undefined
  dir?: 'ltr' | 'rtl' | 'auto' | undefined
  display?: Display | undefined
  display_override?: Array<Display | 'window-controls-overlay'> | undefined
  file_handlers?: Array<{ action: string, accept: Record<string, string[]> }> | undefined
  icons?: ManifestIcon[] | undefined
  id?: string | undefined
  lang?: string | undefined
  launch_handler?: { client_mode: ClientMode | ClientMode[] } | undefined
  name?: string | undefined
  orientation?: Orientation | undefined
  prefer_related_applications?: boolean | undefined
  protocol_handlers?: Array<{ protocol: string, url: string }> | undefined
  related_applications?: Array<{ platform: string, url: string, id?: string | undefined }> | undefined
  scope?: string | undefined
  screenshots?: Array<ManifestImage & { form_factor?: 'narrow' | 'wide' | undefined, label?: string | undefined, platform?: Platform | undefined }> | undefined
  share_target?: {
    action: string
    method?: 'get' | 'post' | 'GET' | 'POST' | undefined
    enctype?: 'application/x-www-form-urlencoded' | 'multipart/form-data' | undefined
    params: { title?: string | undefined, text?: string | undefined, url?: string | undefined, files?: ManifestFile | ManifestFile[] | undefined }
  }
  short_name?: string | undefined
  shortcuts?: Array<{ name: string, short_name?: string | undefined, description?: string | undefined, url: string, icons?: ManifestIcon[] | undefined }> | undefined
  start_url?: string | undefined
  theme_color?: string | undefined
}

/** @see https://nextjs.org/docs/app/api-reference/file-conventions/metadata */
export declare namespace MetadataRoute {
  export { Robots, Manifest }
  export type Sitemap = SitemapEntry[]
}

/** The metadata of a page. Nothing here reads it; it is typed roughly, so that files which export it type-check. */
export interface Metadata {
  metadataBase?: string | URL | null | undefined
  title?: string | { default?: string | undefined, template?: string | null | undefined, absolute?: string | undefined } | null | undefined
  description?: string | null | undefined
  [field: string]: unknown
}
export type ResolvedMetadata = Readonly<Metadata>
export type ResolvingMetadata = Promise<ResolvedMetadata>
