/** What the client gets for an error where the host has no error handler of its own. */
export interface DefaultAnswer {
  status: number
  headers?: Record<string, string>
  body: string
}

const answers = new WeakMap<Error, DefaultAnswer>()

/** An error without one is answered by an empty 500, as in a route handler of Next.js. */
export function defaultAnswer (error: Error): DefaultAnswer | undefined {
  return answers.get(error)
}

export function setDefaultAnswer (error: Error, answer: DefaultAnswer): void {
  answers.set(error, answer)
}
