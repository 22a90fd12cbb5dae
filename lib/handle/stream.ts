import type { Readable } from 'node:stream'
import { onceClosed, type NodeResponse } from '../web/exchange.ts'
import { cutOff, endConnectionAfter } from '../web/send.ts'
import type { HandlerContext } from './context.ts'
import type { Lifecycle } from './lifecycle.ts'

/**
 * Looks after a streaming answer until its connection is done with it, whatever the host makes of it meanwhile: then the
 * source is cancelled, and until then a closing server can end it.
 */
export function followStream (body: Readable, res: NodeResponse, context: Pick<HandlerContext, 'abort'>, lifecycle: Lifecycle): void {
  const forget = lifecycle.addStream({
    abort: (reason) => {
      context.abort(reason)
      endConnectionAfter(res)
    },
    cancel: () => {
      body.destroy()
      cutOff(res)
    }
  })
  body.once('close', forget)
  onceClosed(res, () => { body.destroy() })
}
