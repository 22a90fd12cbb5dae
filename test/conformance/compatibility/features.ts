/** What the page says of each feature. Its figures and marks come from the results of the cases. */

export interface Row {
  what: string
  /** The cases that show it, by their ids. */
  cases: RegExp
  here: string
}

export interface Section {
  /** The feature of the corpus. */
  feature: string
  title: string
  rows: Row[]
}

export const SECTIONS: Section[] = [
  {
    feature: 'methods',
    title: 'Methods',
    rows: [
      { what: '`GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD`, `OPTIONS` exports', cases: /^(c-methods|methods-(all-.*|post-created|own-.*|lowercase|default-export))$/, here: 'served; other exports are not verbs' },
      { what: '`HEAD` from `GET`, `OPTIONS` from the exports', cases: /^methods-auto-/, here: 'automatic, with `Allow`' },
      { what: '405 for a verb that is not exported', cases: /^methods-405-/, here: 'with `Allow`' },
      { what: 'verbs that cannot be exported (`TRACE`, `PROPFIND`, `QUERY`)', cases: /^(c-methods-unknown|methods-(unknown-propfind|query|trace))$/, here: "the host's to answer, else 405" }
    ]
  },
  {
    feature: 'request',
    title: 'NextRequest',
    rows: [
      { what: '`url`, `method`, `headers`, `nextUrl`, `cookies`, `signal`', cases: /^req-(echo-.*|instance|next-url|cookies|signal)$/, here: 'the URL is that which the client used' },
      { what: '`json()`, `text()`, `arrayBuffer()`, `blob()`', cases: /^(c-post-.*|req-(json.*|text.*|delete-body|bytes|blob|large|twice|clone))$/, here: 'up to `bodyLimit`' },
      { what: '`formData()`', cases: /^req-form-/, here: 'multipart and URL-encoded' },
      { what: '`body` as a stream', cases: /^req-(stream.*|pipe-back)$/, here: 'read as it arrives' }
    ]
  },
  {
    feature: 'response',
    title: 'Response',
    rows: [
      { what: 'bodies of every kind, `Response.json()`, `Response.redirect()`, `Response.error()`', cases: /^(res-(json|kind-.*|redirect)|c-bad-(response-error|fine))$/, here: 'strings and bytes with their length' },
      { what: 'status, reason phrase, headers, several `Set-Cookie`', cases: /^res-(status-.*|headers)$/, here: 'sent as they are' },
      { what: 'what is thrown, what is no response', cases: /^(res-throws-.*|c-bad-(throw|nothing|next|rewrite))$/, here: 'an empty 500, or the error handler of the host; the reason is logged' }
    ]
  },
  {
    feature: 'nextresponse',
    title: 'NextResponse',
    rows: [
      { what: '`NextResponse.json()`, `redirect()`, `cookies`', cases: /^nres-(json|redirect-.*|cookies)$/, here: 'as in Next.js' },
      { what: '`NextResponse.rewrite()` from a handler', cases: /^nres-bad-(?!next)/, here: 'an error, as it belongs to `proxy.ts`' },
      { what: '`NextResponse.next()` from a handler', cases: /^nres-bad-next/, here: 'passes the request on to the host; `strict: true` makes it an error' }
    ]
  },
  {
    feature: 'cookies',
    title: 'cookies()',
    rows: [
      { what: 'reading', cases: /^(c-cookies|cookies-(read|read-none|shape))$/, here: 'awaited or not' },
      { what: 'writing and deleting', cases: /^cookies-(write|delete|merge|round-trip)$/, here: "merged with the response's own" },
      { what: 'with `redirect()`, `notFound()`, errors', cases: /^cookies-(redirect|not-found|throw)$/, here: 'sent where Next.js sends them' }
    ]
  },
  {
    feature: 'headers',
    title: 'headers()',
    rows: [{ what: 'reading; writing throws', cases: /^headers-/, here: 'awaited or not' }]
  },
  {
    feature: 'navigation',
    title: 'next/navigation',
    rows: [
      { what: '`redirect()`, `permanentRedirect()`', cases: /^(c-nav-(redirect|permanent|stay)|nav-(redirect-.*|permanent))$/, here: 'the status that the major sends' },
      { what: '`notFound()`, `forbidden()`, `unauthorized()`', cases: /^(c-nav-missing|nav-access-.*)$/, here: 'without `experimental.authInterrupts`, too' },
      { what: '`unstable_rethrow()`', cases: /^nav-(caught|rethrow)$/, here: 'as in Next.js' }
    ]
  },
  {
    feature: 'routing',
    title: 'Routing',
    rows: [
      { what: 'static folders, `[param]`, `[...all]`, `[[...rest]]`, their precedence', cases: /^(c-routing-(all|slug|plain)|routing-(root|static|dynamic.*|catch-all.*|optional-.*|post-dynamic-405))$/, here: 'as in Next.js' },
      { what: 'route groups, `@slots`, `_private`, `%5F`, dots, files beside `route.ts`', cases: /^routing-(group.*|private|underscore|dotted|feed-xml|beside|slot|file-name|no-params)$/, here: 'as in Next.js' },
      { what: 'escapes in parameters', cases: /^(c-routing-malformed|routing-(encoded-.*|plus|double-encoded))$/, here: 'decoded as Next.js does; malformed ones are 400' },
      { what: 'trailing and double slashes, case, unknown paths', cases: /^(c-routing-(slash|404)|routing-(unknown|case|trailing-.*|double-slash))$/, here: '308 to the canonical path; unknown paths are the host\'s' }
    ]
  },
  {
    feature: 'segment-config',
    title: 'Segment config',
    rows: [
      { what: '`dynamic`, `revalidate` of routes that run for each request', cases: /^(c-seg-(dynamic|zero)|seg-(force-dynamic|auto|plain|revalidate-0|error-runtime))$/, here: 'run for each request' },
      { what: 'the same of static routes', cases: /^(c-seg-static-reads|seg-(error-static|revalidate-false))$/, here: 'answer once for all who ask' },
      { what: '`runtime`, `maxDuration`, `preferredRegion`', cases: /^seg-(edge|node)$/, here: 'checked; everything runs on Node.js' }
    ]
  },
  {
    feature: 'after-draft',
    title: 'after(), connection(), draftMode(), userAgent()',
    rows: [
      { what: '`after()`', cases: /^after-/, here: 'runs when the answer is out; `close()` waits for it' },
      { what: '`connection()`, `unstable_noStore()`', cases: /^(connection|no-store-fn)$/, here: 'the answer is made for its request alone' },
      { what: '`draftMode()`', cases: /^(c-draft|draft-(enable|disable|read))$/, here: 'the cookie of Next.js' },
      { what: 'draft mode of static routes', cases: /^draft-static$/, here: 'goes past what is kept' },
      { what: '`userAgent()`', cases: /^user-agent/, here: 'as in Next.js' }
    ]
  },
  {
    feature: 'streaming',
    title: 'Streaming',
    rows: [
      { what: 'chunks as they are made, server-sent events, async iterators', cases: /^flow-(slow|events.*|iterator)$/, here: 'with backpressure' },
      { what: 'clients that leave, streams that break', cases: /^flow-(breaks|abort)$/, here: '`signal` aborts, `cancel()` runs, the connection is cut' }
    ]
  },
  {
    feature: 'robustness',
    title: 'Odd requests',
    rows: [
      { what: 'paths and queries that are malformed, escaped or long', cases: /^odd-(malformed-.*|long-url|too-long-url|dotdot|encoded-dotdot|null-byte|backslash)$/, here: 'one path for host and handler' },
      { what: '`Host`, forwarded headers, absolute targets', cases: /^(c-host|odd-(host|forwarded|no-host|absolute-form))$/, here: 'what the client used; the host decides whom it trusts' },
      { what: 'bodies and headers at the limits of HTTP', cases: /^odd-(long-header|latin1-header|get-body|expect|short-body|lower-verb|chunked-delete)$/, here: 'as Node.js and the host do' }
    ]
  },
  {
    feature: 'static-isr',
    title: 'Static routes and revalidation',
    rows: [{ what: 'prerendered answers, `revalidate`, `generateStaticParams`, `dynamicParams`', cases: /^(isr-|c-(auto|isr|gsp))/, here: 'made ahead or on first use, kept in memory, files or Redis' }]
  },
  {
    feature: 'data-cache',
    title: 'Data cache',
    rows: [{ what: '`fetch` with `next: { revalidate, tags }`, `revalidateTag()`, `revalidatePath()`, `unstable_cache()`', cases: /^(c-)?data-/, here: 'kept where answers are kept' }]
  },
  {
    feature: 'metadata',
    title: 'Metadata files',
    rows: [
      { what: '`robots`, `sitemap`, `manifest` by code', cases: /^(c-meta|meta-(robots|sitemap|manifest)|file-(robots|sitemap|sitemap-videos))$/, here: 'as in Next.js; values are checked and escaped' },
      { what: '`generateSitemaps`, `generateImageMetadata`', cases: /^(meta-generate-sitemaps|file-(ids|ids-bare|sitemaps))$/, here: 'as in Next.js' },
      { what: 'files that are sent as they are', cases: /^(meta-(favicon|static-nested)|file-(manifest-json|images|gif|conditional|static-param|elsewhere))$/, here: 'with their length' },
      { what: 'route groups: the hash in names of images', cases: /^file-group/, here: 'as in 16' },
      { what: 'icons and images by code, `ImageResponse`', cases: /^(meta-(icon|og-nested|image-response)|file-(params|plain|blob|errors))$/, here: 'rendered by the parts of `@vercel/og`' },
      { what: '`headers()`, `cookies()`; other verbs', cases: /^(meta-robots-post|file-(request-data|verbs|static-post|static-options))$/, here: 'as in other routes' }
    ]
  },
  {
    feature: 'proxy',
    title: 'proxy.ts and middleware.ts',
    rows: [
      { what: '`matcher`: paths, expressions, `has` and `missing`', cases: /^proxy-(matcher-.*|not-matched|trailing-slash|subrequest-spoof)$/, here: 'the same patterns, over the one path that routers see' },
      { what: '`NextResponse.next()`: headers, cookies, the request', cases: /^proxy-(next|request-headers|cookies|nothing|head|url|url-encoded|body)$/, here: 'as in Next.js; bodies are read for it only where it reads them' },
      { what: '`NextResponse.rewrite()`: routes, other servers', cases: /^proxy-(rewrite.*|external|missing-target)$/, here: 'as in Next.js; routes of the host as well' },
      { what: 'redirects, answers, what is thrown', cases: /^proxy-(redirect(-308)?|cookies-redirect|method-405|response|json|throws)$/, here: 'as in Next.js; what fails never lets a request pass' }
    ]
  },
  {
    feature: 'config',
    title: 'next.config',
    rows: [
      { what: '`headers`', cases: /^cfg-(headers-.*|powered-by)$/, here: 'options of the same name and shape, or `nextConfig`' },
      { what: '`redirects`', cases: /^cfg-redirect-/, here: 'the same' },
      { what: '`rewrites`', cases: /^cfg-rewrite-/, here: 'the same; routes of the host count as files' },
      { what: '`basePath`', cases: /^base-/, here: 'the same; `prefix` or the mount path are seen by handlers' },
      { what: '`trailingSlash`', cases: /^slash-/, here: 'the same' }
    ]
  }
]
