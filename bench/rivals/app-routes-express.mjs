import express from 'express'
import { appDir, importFace } from './package.mjs'
import { listen } from './listen.mjs'

export async function start () {
  const { appRoutes } = await importFace('./express')
  const routes = appRoutes(appDir)
  const app = express()
  app.use(routes)
  await routes.ready()
  return await listen(app)
}
