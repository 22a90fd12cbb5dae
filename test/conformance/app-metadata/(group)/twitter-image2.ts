export default () => new Response('in a group')
