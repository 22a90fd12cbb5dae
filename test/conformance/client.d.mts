import type { Answer, Case } from './recorder/recording.ts'

export interface Context {
  base: URL
  host: string
  hostname: string
  port: string
  origin: string
  run: string
}

export function makeContext (baseUrl: string, originUrl: string): Context
export function runCase (c: Case, ctx: Context): Promise<Answer[]>
export function ensureOrigin (port: number): Promise<{ url: string, close: () => void }>
export function pool<In, Out> (items: In[], n: number, fn: (item: In, index: number) => Promise<Out>): Promise<Out[]>
