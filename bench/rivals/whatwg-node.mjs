import { createServerAdapter, Response } from '@whatwg-node/server'
import { listen } from './listen.mjs'
import { webHandler } from './web-handlers.mjs'

export const start = () => listen(createServerAdapter(webHandler(Response)))
