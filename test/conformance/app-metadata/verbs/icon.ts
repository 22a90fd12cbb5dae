export const dynamic = 'force-dynamic'
export const POST = () => new Response('posted')

export default () => new Response('got')
