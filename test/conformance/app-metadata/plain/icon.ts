const values = async (props = {}) => Object.fromEntries(await Promise.all(Object.entries(props).filter(([, value]) => value !== undefined).map(async ([name, value]) => [name, await value])))

export default async (props, ...more) => Response.json([await values(props), more.length])
