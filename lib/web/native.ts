/** The platform's own classes, whatever becomes of the global names: the option `globals` or other libraries may replace them. */
export const { Request, Response } = globalThis
export type Request = globalThis.Request
export type Response = globalThis.Response
