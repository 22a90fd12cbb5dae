/** The parsed body, or undefined where it is no JSON. Other errors stay errors: a body over the limit becomes a 413. */
export async function readJson (request: Request): Promise<unknown> {
  try {
    return await request.json()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
