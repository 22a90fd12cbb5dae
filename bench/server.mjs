/** `node server.mjs RIVAL` starts a rival's server, tells its port, and on each message what it has used so far. */
import { usage } from './usage.mjs'

const { start } = await import(`./rivals/${process.argv[2]}.mjs`)
const port = await start()
process.on('message', () => process.send(usage()))
process.on('disconnect', () => process.exit())
process.send({ port })
