import { createServerAdapter, Response } from '@whatwg-node/server'
import { listen } from './listen.mjs'
import { webHandlers } from './web-handlers.mjs'

const { json, echo } = webHandlers(Response)

export const start = () => listen(createServerAdapter((request) => request.method === 'POST' ? echo(request) : json()))
