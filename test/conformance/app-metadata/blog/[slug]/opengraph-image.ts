const values = async (props = {}) => Object.fromEntries(await Promise.all(Object.entries(props).filter(([, value]) => value !== undefined).map(async ([name, value]) => [name, await value])))

export const alt = 'A post'
export const size = { width: 1200, height: 630 }
export const contentType = 'image/png'

export default async function Image(props) {
  return Response.json(await values(props), { headers: { 'x-own': 'yes' } })
}
