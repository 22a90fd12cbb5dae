/** The major version of the Node.js that this runs on. */
export const NODE_MAJOR = Number(process.versions.node.split('.', 1)[0])
