const values = async (props = {}) => Object.fromEntries(await Promise.all(Object.entries(props).filter(([, value]) => value !== undefined).map(async ([name, value]) => [name, await value])))

export const generateSitemaps = async () => [{ id: 0 }, { id: 'one' }]

export default async (...args) => [{ url: `https://acme.test/${(await values(args[0])).id}/${args.length}` }]
