import { wrong, type Fields } from './fields.ts'
import { element, escapeAttribute, escapeText, optionalElement } from './xml.ts'

const YES_NO = ['yes', 'no']

/**
 * A video of a sitemap's entry, in the order of Next.js.
 * @see https://developers.google.com/search/docs/crawling-indexing/sitemaps/video-sitemaps
 */
export function writeVideo (video: Fields): string {
  return [
    '<video:video>',
    element('video:title', video.requiredText('title')),
    element('video:thumbnail_loc', video.requiredText('thumbnail_loc')),
    element('video:description', video.requiredText('description')),
    ...optionalElement('video:content_loc', video.text('content_loc')),
    ...optionalElement('video:player_loc', video.text('player_loc')),
    ...optionalElement('video:duration', notZero(video.number('duration', 0))),
    ...optionalElement('video:view_count', notZero(video.number('view_count', 0))),
    ...optionalElement('video:tag', video.text('tag')),
    ...optionalElement('video:rating', notZero(video.number('rating', 0, 5))),
    ...optionalElement('video:expiration_date', video.date('expiration_date')),
    ...optionalElement('video:publication_date', video.date('publication_date')),
    ...optionalElement('video:family_friendly', video.oneOf('family_friendly', YES_NO)),
    ...optionalElement('video:requires_subscription', video.oneOf('requires_subscription', YES_NO)),
    ...optionalElement('video:live', video.oneOf('live', YES_NO)),
    ...writeRestriction('restriction', video.object('restriction')),
    ...writeRestriction('platform', video.object('platform')),
    ...writeUploader(video.object('uploader')),
    '</video:video>'
  ].join('\n')
}

/** As in Next.js: nobody means it. */
const notZero = (number: string | undefined): string | undefined => number === '0' ? undefined : number

function writeRestriction (name: string, restriction: Fields | undefined): string[] {
  if (restriction === undefined) return []
  const relationship = restriction.oneOf('relationship', ['allow', 'deny'])
  if (relationship === undefined) throw wrong(restriction.place('relationship'), undefined, 'one of allow, deny')
  return [`<video:${name} relationship="${relationship}">${escapeText(restriction.requiredText('content'))}</video:${name}>`]
}

function writeUploader (uploader: Fields | undefined): string[] {
  if (uploader === undefined) return []
  const info = uploader.text('info')
  return [`<video:uploader${info === undefined ? '' : ` info="${escapeAttribute(info)}"`}>${escapeText(uploader.text('content') ?? '')}</video:uploader>`]
}
