/**
 * The known name that a mistyped one is closest to; undefined where none is close.
 * @param most how many letters may be wrong
 */
export function didYouMean (name: string, known: string[], most = Math.max(2, name.length / 3)): string | undefined {
  const closest = known.map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) })).sort((a, b) => a.distance - b.distance)[0]!
  return closest.distance <= most ? closest.candidate : undefined
}

function editDistance (a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}
