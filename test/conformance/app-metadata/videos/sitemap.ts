const all = {
  title: 'T', thumbnail_loc: 'https://acme.test/t.png', description: 'D', content_loc: 'https://acme.test/v.mp4', player_loc: 'https://acme.test/p',
  duration: 600, expiration_date: '2030-01-01', rating: 4.5, view_count: 7, publication_date: '2024-01-01T00:00:00Z', family_friendly: 'yes',
  restriction: { relationship: 'deny', content: 'DE FR' }, platform: { relationship: 'allow', content: 'web' }, requires_subscription: 'no',
  uploader: { info: 'https://acme.test/u', content: 'U' }, live: 'no', tag: 'one',
}

export default function sitemap() {
  return [
    { url: 'https://acme.test/v', images: ['https://acme.test/i.png'], videos: [all, { title: 'T2', thumbnail_loc: 't', description: 'd', duration: 0, rating: 0 }] },
    { url: 'https://acme.test/w', images: [], videos: [] },
  ]
}
