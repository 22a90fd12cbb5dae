import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { cookies } from 'next/headers'
import { appRouter } from '@/lib/trpc'

const handler = (req: Request) => fetchRequestHandler({
  endpoint: '/api/trpc',
  req,
  router: appRouter,
  createContext: async () => ({ user: (await cookies()).get('user')?.value ?? null })
})

export { handler as GET, handler as POST }
