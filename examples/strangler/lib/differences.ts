import type { ShadowReport } from 'fastify-app-routes'

const KEPT = 50

/** The newest reports of routes that run in the shadow. */
export const differences: ShadowReport[] = []

export function keep (report: ShadowReport): void {
  differences.unshift(report)
  differences.length = Math.min(differences.length, KEPT)
}
