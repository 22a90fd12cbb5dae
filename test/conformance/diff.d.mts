import type { Answer, Case } from './recorder/recording.ts'

/** One sentence for each difference; none where the case holds. */
export function differences (c: Case, expected: Answer[], gots: Answer[]): string[]
