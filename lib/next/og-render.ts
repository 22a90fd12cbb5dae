import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { MissingPackageError } from '../errors.ts'
import { findPeer } from '../peers.ts'
import { assetLoader, type LoadAsset } from './og-assets.ts'
import type { ImageFont, ImageOptions } from './og.ts'
import { NODE_MAJOR } from '../node-major.ts'

type Satori = (element: unknown, options: ImageOptions & { loadAdditionalAsset: LoadAsset }) => Promise<string>

interface Freed { free (): void }
interface Resvg {
  initWasm (wasm: Uint8Array): Promise<void>
  Resvg: new (svg: string, options: object) => Freed & { render (): Freed & { asPng (): Uint8Array } }
}

/** What `@vercel/og` is made of: JSX to SVG, SVG to PNG, and a font. */
interface Parts { satori: Satori, resvg: Resvg, fonts: ImageFont[] }

let parts: Promise<Parts> | undefined

/**
 * Renders an image as `@vercel/og` does it, by its own parts. The package itself would fetch emoji and fonts from servers on
 * the Internet; and some of its versions (1.0.2, 1.0.3) do not load in Node.js without a bundler.
 * @throws MissingPackageError where `@vercel/og` is not installed
 */
export async function renderPng (element: unknown, { width = 1200, height = 630, fonts: own, emoji, debug }: ImageOptions): Promise<Uint8Array> {
  const { satori, resvg, fonts } = await (parts ??= loadParts().catch(retry))
  const svg = await satori(element, { width, height, debug, fonts: own ?? fonts, loadAdditionalAsset: assetLoader(emoji) })
  const renderer = new resvg.Resvg(svg, { fitTo: { mode: 'width', value: width } })
  const image = renderer.render()
  const png = image.asPng()
  // Memory of WebAssembly, which nobody collects.
  image.free()
  renderer.free()
  return png
}

/** The package may be installed, and the next image be made. */
function retry (error: unknown): never {
  parts = undefined
  throw error
}

async function loadParts (): Promise<Parts> {
  const og = findPeer('@vercel/og')
  if (og === undefined) throw new MissingPackageError('ImageResponse needs the package @vercel/og.', NODE_MAJOR < 22 ? '@vercel/og@0.8' : '@vercel/og')
  const require = createRequire(og)
  const satori = require('satori') as Satori | { default: Satori }
  const resvg = require('@resvg/resvg-wasm') as Resvg
  const [wasm, font] = await Promise.all([readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')), readFile(fontBeside(og))])
  await resvg.initWasm(wasm).catch((error: unknown) => {
    // The application itself may use the package.
    if (!/already initialized/i.test(String(error))) throw error
  })
  return { satori: typeof satori === 'function' ? satori : satori.default, resvg, fonts: [{ name: 'sans serif', data: font, weight: 400, style: 'normal' }] }
}

/** The one that comes with the package. */
function fontBeside (og: string): string {
  const dir = path.dirname(og)
  return path.join(dir, readdirSync(dir).find((file) => file.endsWith('.ttf'))!)
}
