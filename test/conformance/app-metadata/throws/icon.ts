export const dynamic = 'force-dynamic'

export default () => {
  throw new Error('boom')
}
