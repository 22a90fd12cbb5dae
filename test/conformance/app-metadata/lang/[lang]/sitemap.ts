export default () => [{ url: 'https://acme.test/' }]
