import type { NextFunction, Request, Response } from 'express'

/** Express 4 does not look at promises. */
export const wrap = (handler: (req: Request, res: Response) => Promise<unknown>) => (req: Request, res: Response, next: NextFunction): void => {
  handler(req, res).catch(next)
}
