import type { Segment } from './segments.ts'

/** Paths in folder spelling, and whether some URL could belong to one of them and to another one as well. */
export class PathIndex {
  readonly #root = new Node()

  add (segments: readonly Segment[]): void {
    let node = this.#root
    for (const segment of segments) {
      if (isRest(segment)) {
        node.hasRest = true
        return
      }
      node = node.child(segment)
    }
    node.isEnd = true
  }

  overlaps (segments: readonly Segment[]): boolean {
    return this.#root.overlaps(segments, 0)
  }
}

class Node {
  readonly #statics = new Map<string, Node>()
  #dynamic: Node | undefined
  /** Whether a path ends here. */
  isEnd = false
  /** Whether a path goes on with all the rest there is. */
  hasRest = false

  child (segment: Segment): Node {
    if (segment.kind !== 'static') return this.#dynamic ??= new Node()
    let node = this.#statics.get(segment.value)
    if (node === undefined) this.#statics.set(segment.value, node = new Node())
    return node
  }

  overlaps (segments: readonly Segment[], at: number): boolean {
    const segment = segments[at]
    if (this.hasRest || (segment !== undefined && isRest(segment))) return this.hasRest || this.isEnd || this.#dynamic !== undefined || this.#statics.size > 0
    if (segment === undefined) return this.isEnd
    if (this.#dynamic?.overlaps(segments, at + 1) === true) return true
    if (segment.kind === 'static') return this.#statics.get(segment.value)?.overlaps(segments, at + 1) === true
    for (const node of this.#statics.values()) if (node.overlaps(segments, at + 1)) return true
    return false
  }
}

const isRest = ({ kind }: Segment): boolean => kind === 'catch-all' || kind === 'optional-catch-all'
