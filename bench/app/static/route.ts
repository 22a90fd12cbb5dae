export const dynamic = 'force-static'

/** A second run shows in the answer. */
let made = 0

export async function GET () {
  return Response.json({ hello: 'world', made: ++made })
}
