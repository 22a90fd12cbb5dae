import { cookies } from 'next/headers'

export default async () => new Response((await cookies()).get('a')?.value)
