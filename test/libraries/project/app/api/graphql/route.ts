import { createSchema, createYoga } from 'graphql-yoga'

interface NextContext { params: Promise<Record<string, string>> }

const { handleRequest } = createYoga<NextContext>({
  schema: createSchema({
    typeDefs: /* GraphQL */ `
      type Query { greetings(name: String): String }
      type Mutation { shout(text: String!): String }
      type Subscription { countdown(from: Int!): Int! }
    `,
    resolvers: {
      Query: { greetings: (_, { name }) => `Hello ${name ?? 'world'}` },
      Mutation: { shout: (_, { text }) => text.toUpperCase() },
      Subscription: {
        countdown: {
          async * subscribe (_, { from }) {
            for (let i = from; i >= 0; i--) yield { countdown: i }
          }
        }
      }
    }
  }),
  graphqlEndpoint: '/api/graphql',
  // Yoga makes its responses with these, as Next.js needs them to be native.
  fetchAPI: { Response }
})

export { handleRequest as GET, handleRequest as POST, handleRequest as OPTIONS }
