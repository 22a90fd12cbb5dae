/**
 * `node --import fastify-app-routes/register`: serves `next/server` and the like to every module of the process, for
 * those who import route files before, or without, a server. They are never taken back.
 */
import { installHooks } from './loader/hooks.ts'
import { servedModules } from './next/served.ts'

installHooks(servedModules)
