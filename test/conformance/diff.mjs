// What differs between the recorded answers to a case and the answers got now, after what each step asks to compare.

const short = (v) => { const s = typeof v === 'string' ? v : JSON.stringify(v); return s === undefined ? 'undefined' : s.length > 300 ? s.slice(0, 300) + '…' : s }
const bodyOf = (r) => r.bodyBase64 !== undefined ? 'base64:' + r.bodyBase64 : r.body ?? ''
function parse(s) { try { return { ok: true, v: JSON.parse(s) } } catch { return { ok: false } } }
const sorted = (v) => Array.isArray(v) ? v.map(sorted) : v && typeof v === 'object' ? Object.fromEntries(Object.keys(v).sort().map((k) => [k, sorted(v[k])])) : v
const shape = (v) => v === null ? 'null' : Array.isArray(v) ? (v.length ? [shape(v[0])] : []) : typeof v === 'object' ? Object.fromEntries(Object.keys(v).sort().map((k) => [k, shape(v[k])])) : typeof v
function normHeader(name, v) {
  const list = v === undefined ? [] : [].concat(v)
  const one = (x) => name === 'set-cookie' ? x.replace(/(Expires=)((?!Thu, 01 Jan 1970)[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} (?!20[4-9]\d)\d{4} [\d:]{8} GMT)/gi, (m, a, d) => Math.abs(Date.parse(d) - Date.now()) < 400 * 864e5 * 3 ? a + '{{date}}' : m) : x
  return list.map(one)
}
function diffStep(step, exp, got, gots, exps) {
  const d = []
  const e = step.expect || { status: true, body: 'exact' }
  if (got.error && !exp.error) return [`connection: expected a response, got ${got.error}`]
  if (e.error && (exp.error || null) !== (got.error || null)) d.push(`error: expected ${exp.error || 'none'}, got ${got.error || 'none'}`)
  if (e.status && exp.status !== got.status) d.push(`status: expected ${exp.status}, got ${got.status}`)
  if (e.statusText && exp.statusText !== got.statusText) d.push(`statusText: expected ${exp.statusText}, got ${got.statusText}`)
  const eb = bodyOf(exp), gb = bodyOf(got)
  let kind = e.body ?? 'none'
  if (/^<!DOCTYPE html/i.test(eb) && (kind === 'exact' || kind === 'json')) kind = 'none' // Next's own HTML error pages are not for others to reproduce
  if (kind === 'exact') { if (eb !== gb) d.push(`body: expected ${short(eb)}\n          got      ${short(gb)}`) }
  else if (kind === 'empty') { if (gb !== '') d.push(`body: expected empty, got ${short(gb)}`) }
  else if (kind === 'json' || kind === 'json-shape') {
    const a = parse(eb), b = parse(gb)
    if (!b.ok) { if (a.ok || eb !== gb) d.push(`body: expected JSON ${short(eb)}\n          got      ${short(gb)}`) }
    else {
      const f = kind === 'json' ? sorted : shape
      const x = JSON.stringify(f(a.v)), y = JSON.stringify(f(b.v))
      if (x !== y) d.push(`body (${kind}): expected ${short(x)}\n          got      ${short(y)}`)
    }
  } else if (kind && kind.pick !== undefined) {
    for (const k of kind.pick) { const x = parse(eb).v?.[k], y = parse(gb).v?.[k]; if (JSON.stringify(x) !== JSON.stringify(y)) d.push(`body .${k}: expected ${short(x)}, got ${short(y)}`) }
  } else if (kind && kind.matches !== undefined) { if (!new RegExp(kind.matches, 's').test(gb)) d.push(`body: expected to match /${kind.matches}/, got ${short(gb)}`) }
  for (const h of e.headers || []) {
    const n = h.toLowerCase()
    const x = normHeader(n, exp.headers?.[n]), y = normHeader(n, got.headers?.[n])
    if (JSON.stringify(x) !== JSON.stringify(y)) d.push(`header ${h}: expected ${short(x)}, got ${short(y)}`)
  }
  for (const [h, re] of Object.entries(e.headerMatches || {})) {
    const v = [].concat(got.headers?.[h.toLowerCase()] ?? '').join('\n')
    if (!new RegExp(re, 'i').test(v)) d.push(`header ${h}: expected to match /${re}/, got ${short(v)}`)
  }
  for (const h of e.absentHeaders || []) if (got.headers?.[h.toLowerCase()] !== undefined) d.push(`header ${h}: expected absent, got ${short(got.headers[h.toLowerCase()])}`)
  const lists = (x) => x === undefined ? [] : [].concat(x)
  const pick = (r, by) => by ? by.split('.').reduce((o, k) => o?.[k], parse(bodyOf(r)).v) : bodyOf(r)
  for (const i of lists(step.sameAs)) if (JSON.stringify(pick(gots[i], step.compareBy)) !== JSON.stringify(pick(got, step.compareBy))) d.push(`body: expected the same${step.compareBy ? ' .' + step.compareBy : ''} as step ${i} (${short(bodyOf(gots[i]))}), got ${short(gb)}`)
  for (const i of lists(step.differsFrom)) if (JSON.stringify(pick(gots[i], step.compareBy)) === JSON.stringify(pick(got, step.compareBy))) d.push(`body: expected to differ from step ${i}, both ${short(gb)}`)
  for (const i of lists(step.sameAsRecorded)) { // equal to / different from step i, whichever the recording says for this version
    const was = bodyOf(exps[i]) === eb, is = bodyOf(gots[i]) === gb
    if (was !== is) d.push(`body: expected ${was ? 'the same as' : 'to differ from'} step ${i} in this version; step ${i}: ${short(bodyOf(gots[i]))}, now: ${short(gb)}`)
  }
  if (e.firstChunkBeforeEndMs !== undefined && !(got.firstByteMs !== null && got.endMs - got.firstByteMs >= e.firstChunkBeforeEndMs)) d.push(`timing: first chunk at ${got.firstByteMs} ms, end at ${got.endMs} ms, wanted a gap of ${e.firstChunkBeforeEndMs} ms`)
  if (e.endWithinMs !== undefined && !(got.endMs <= e.endWithinMs)) d.push(`timing: end at ${got.endMs} ms, wanted <= ${e.endWithinMs}`)
  if (e.truncated !== undefined && !!got.truncated !== e.truncated) d.push(`truncated: expected ${e.truncated}, got ${!!got.truncated}`)
  if (e.continues !== undefined && (got.continues || 0) !== e.continues) d.push(`100-continue responses: expected ${e.continues}, got ${got.continues || 0}`)
  return d
}

/** One sentence for each difference; none where the case holds. */
export function differences(c, expected, gots) {
  return c.steps.flatMap((s, i) => diffStep(s, expected[i], gots[i], gots, expected)
    .map((x) => `step ${i} ${s.raw !== undefined ? 'RAW' : (s.method || 'GET') + ' ' + s.path.slice(0, 80)}: ${x}`))
}
