import { createRequestListener } from '@remix-run/node-fetch-server'
import { listen } from './listen.mjs'
import { webHandlers } from './web-handlers.mjs'

const { json, echo } = webHandlers(Response)

export const start = () => listen(createRequestListener((request) => request.method === 'POST' ? echo(request) : json()))
