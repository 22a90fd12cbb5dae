import { differences } from '../../../lib/differences.ts'

export const GET = () => Response.json(differences.map(({ method, path, diff }) => ({ method, path, diff: diff.split('\n') })))
