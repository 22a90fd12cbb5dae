import { initTRPC, TRPCError } from '@trpc/server'
import { z } from 'zod'

const t = initTRPC.context<{ user: string | null }>().create()

export const appRouter = t.router({
  greet: t.procedure.input(z.object({ name: z.string() })).query(({ input }) => `Hello ${input.name}`),
  whoami: t.procedure.query(({ ctx }) => ctx.user),
  add: t.procedure.input(z.object({ a: z.number(), b: z.number() })).mutation(({ input }) => input.a + input.b),
  secret: t.procedure.query(({ ctx }) => {
    if (ctx.user === null) throw new TRPCError({ code: 'UNAUTHORIZED' })
    return 42
  }),
  count: t.procedure.input(z.number()).subscription(async function * ({ input }) {
    for (let i = 1; i <= input; i++) yield i
  })
})

export type AppRouter = typeof appRouter
