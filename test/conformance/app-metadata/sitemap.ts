export default async function sitemap() {
  return [
    {
      url: 'https://acme.test/',
      lastModified: new Date(0),
      changeFrequency: 'hourly',
      priority: 0,
      alternates: { languages: { de: 'https://acme.test/de', 'x-default': 'https://acme.test/x' } },
    },
    { url: 'https://acme.test/2', lastModified: '', changeFrequency: undefined, alternates: {} },
  ]
}
