export const dynamic = 'force-dynamic'

export default () => new Blob(['x'], { type: 'image/png' })
