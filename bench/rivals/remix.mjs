import { createRequestListener } from '@remix-run/node-fetch-server'
import { listen } from './listen.mjs'
import { webHandler } from './web-handlers.mjs'

export const start = () => listen(createRequestListener(webHandler(Response)))
