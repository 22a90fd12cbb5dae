const values = async (props = {}) => Object.fromEntries(await Promise.all(Object.entries(props).filter(([, value]) => value !== undefined).map(async ([name, value]) => [name, await value])))

export const generateImageMetadata = () => [{ id: 'small', contentType: 'image/png' }, { id: 2 }]

export default async (props) => Response.json({ ...await values(props), type: typeof await props.id })
