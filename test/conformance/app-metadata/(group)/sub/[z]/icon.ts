export const generateImageMetadata = async () => [{ id: 'q' }]
export default () => new Response('grouped')
