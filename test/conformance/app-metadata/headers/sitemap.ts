import { headers } from 'next/headers'

export default async () => [{ url: 'https://acme.test/' + (await headers()).get('x-name') }]
