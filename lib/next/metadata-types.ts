/** What metadata files export: `robots.ts`, `sitemap.ts`, `manifest.ts`. */

interface RobotsRule {
  allow?: string | string[]
  disallow?: string | string[]
  crawlDelay?: number
  other?: Record<string, string | number | Array<string | number>>
}

interface Robots {
  rules: RobotsRule & { userAgent?: string | string[] } | Array<RobotsRule & { userAgent: string | string[] }>
  sitemap?: string | string[]
  host?: string
}

interface Restriction { relationship: 'allow' | 'deny', content: string }

interface Video {
  title: string
  thumbnail_loc: string
  description: string
  content_loc?: string
  player_loc?: string
  duration?: number
  expiration_date?: Date | string
  rating?: number
  view_count?: number
  publication_date?: Date | string
  family_friendly?: 'yes' | 'no'
  restriction?: Restriction
  platform?: Restriction
  requires_subscription?: 'yes' | 'no'
  uploader?: { info?: string, content?: string }
  live?: 'yes' | 'no'
  tag?: string
}

interface SitemapEntry {
  url: string
  lastModified?: string | Date
  changeFrequency?: 'always' | 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly' | 'never'
  priority?: number
  alternates?: { languages?: Record<string, string | undefined> }
  images?: string[]
  videos?: Video[]
}

type Display = 'fullscreen' | 'standalone' | 'minimal-ui' | 'browser'
type ClientMode = 'auto' | 'focus-existing' | 'navigate-existing' | 'navigate-new'
type Orientation = 'any' | 'natural' | 'landscape' | 'portrait' | 'portrait-primary' | 'portrait-secondary' | 'landscape-primary' | 'landscape-secondary'
type Platform = 'android' | 'chromeos' | 'ipados' | 'ios' | 'kaios' | 'macos' | 'windows' | 'xbox' | 'chrome_web_store' | 'itunes' | 'microsoft-inbox' | 'microsoft-store' | 'play'

interface ManifestImage { src: string, type?: string, sizes?: string }
interface ManifestIcon extends ManifestImage { purpose?: 'any' | 'maskable' | 'monochrome' | 'badge' }
interface ManifestFile { name: string, accept: string | string[] }

/** @see https://developer.mozilla.org/docs/Web/Progressive_web_apps/Manifest */
interface Manifest {
  background_color?: string
  categories?: string[]
  description?: string
  dir?: 'ltr' | 'rtl' | 'auto'
  display?: Display
  display_override?: Array<Display | 'window-controls-overlay'>
  file_handlers?: Array<{ action: string, accept: Record<string, string[]> }>
  icons?: ManifestIcon[]
  id?: string
  lang?: string
  launch_handler?: { client_mode: ClientMode | ClientMode[] }
  name?: string
  orientation?: Orientation
  prefer_related_applications?: boolean
  protocol_handlers?: Array<{ protocol: string, url: string }>
  related_applications?: Array<{ platform: string, url: string, id?: string }>
  scope?: string
  screenshots?: Array<ManifestImage & { form_factor?: 'narrow' | 'wide', label?: string, platform?: Platform }>
  share_target?: {
    action: string
    method?: 'get' | 'post' | 'GET' | 'POST'
    enctype?: 'application/x-www-form-urlencoded' | 'multipart/form-data'
    params: { title?: string, text?: string, url?: string, files?: ManifestFile | ManifestFile[] }
  }
  short_name?: string
  shortcuts?: Array<{ name: string, short_name?: string, description?: string, url: string, icons?: ManifestIcon[] }>
  start_url?: string
  theme_color?: string
}

/** @see https://nextjs.org/docs/app/api-reference/file-conventions/metadata */
export declare namespace MetadataRoute {
  export { Robots, Manifest }
  export type Sitemap = SitemapEntry[]
}

/** The metadata of a page. Nothing here reads it; it is typed roughly, so that files which export it type-check. */
export interface Metadata {
  metadataBase?: string | URL | null
  title?: string | { default?: string, template?: string | null, absolute?: string } | null
  description?: string | null
  [field: string]: unknown
}
export type ResolvedMetadata = Readonly<Metadata>
export type ResolvingMetadata = Promise<ResolvedMetadata>
