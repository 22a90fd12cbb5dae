export default async function robots() {
  return {
    rules: [
      { userAgent: '', allow: '', disallow: ['/a', '/b'], crawlDelay: 0 },
      { userAgent: ['x', 'y'], allow: ['/'], disallow: '/z', crawlDelay: 2.5 },
    ],
    host: 'https://acme.test',
    sitemap: ['https://acme.test/1.xml', 'https://acme.test/2.xml'],
  }
}
