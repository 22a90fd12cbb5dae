import { parseArgs } from 'node:util'

/** How one run of the bench measures. */
export interface Settings {
  /** The Node.js binary of the servers. */
  node: string
  rounds: number
  /** How long one measurement takes, without its warm-up. */
  seconds: number
  warmUp: number
  quick: boolean
  /** Report CPU time, allocations and memory too. */
  cpu: boolean
  smoke: boolean
  /** Names of scenarios and rivals; undefined: all (--quick: the most telling). */
  only: string[] | undefined
  rivals: string[] | undefined
  /** A revision of this project to compare with. */
  against: string | undefined
  /** Cores of the server and of the load generator; undefined: the first two. */
  cores: number[] | undefined
  json: string | undefined
}

export const HELP = `npm run bench -- [options]
  --quick              a first look: 3 short rounds against the rivals that there are targets for, without Next.js
  --cpu                CPU time, allocations and memory too; of use on a busy machine
  --only a,b           these scenarios
  --rivals a,b         these rivals
  --against REV        this project at another revision is the rival
  --rounds N           rounds of each scenario (5)
  --seconds N          length of one measurement (4)
  --node PATH          the Node.js binary of the servers
  --cores A,B          the cores of the server and of the load generator
  --json FILE          where the result goes (.cache/bench/node-MAJOR.json)
  --smoke              every scenario once on every rival that is installed; measures nothing`

export function parseSettings (args: string[]): Settings {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      cpu: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      only: { type: 'string' },
      rivals: { type: 'string' },
      against: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      node: { type: 'string', default: process.execPath },
      cores: { type: 'string' },
      json: { type: 'string' }
    }
  })
  const { quick, cpu, smoke, node, against, json } = values
  const list = (value: string | undefined): string[] | undefined => value?.split(',')
  return {
    quick,
    cpu,
    smoke,
    node,
    against,
    json,
    rounds: positive('rounds', values.rounds) ?? (quick ? 3 : 5),
    seconds: positive('seconds', values.seconds) ?? (quick ? 1 : 4),
    warmUp: quick ? 1 : 2,
    only: list(values.only),
    // Two states of the project are compared with each other only, unless rivals are asked for.
    rivals: list(values.rivals) ?? (against !== undefined ? [] : undefined),
    cores: list(values.cores)?.map(Number)
  }
}

/** Both load generators take whole seconds only. */
function positive (name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^[1-9]\d*$/.test(value)) throw new TypeError(`--${name} takes a whole number greater than 0, not ${value}`)
  return Number(value)
}
