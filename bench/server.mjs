/**
 * `node server.mjs RIVAL` starts a rival's server, tells its port, and on each message what it has used so far. By hand it serves to
 * take a profile: `node --cpu-prof bench/server.mjs app-routes`, which Ctrl-C ends.
 */
import { usage } from './usage.mjs'

const { start } = await import(`./rivals/${process.argv[2]}.mjs`)
const port = await start()
process.on('message', () => process.send(usage()))
process.on('disconnect', () => process.exit())
process.once('SIGINT', () => process.exit())
if (process.send !== undefined) process.send({ port })
else console.log(`http://127.0.0.1:${port}`)
