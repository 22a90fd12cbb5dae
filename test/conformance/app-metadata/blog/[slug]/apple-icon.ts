const values = async (props = {}) => Object.fromEntries(await Promise.all(Object.entries(props).filter(([, value]) => value !== undefined).map(async ([name, value]) => [name, await value])))

export async function generateImageMetadata({ params }) {
  return [{ id: params?.slug ?? 'none', contentType: 'image/png' }, { id: 'x' }]
}

export default async (props) => Response.json(await values(props))
