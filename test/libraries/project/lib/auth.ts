import type { NextAuthOptions } from 'next-auth'
import CredentialsProvider from 'next-auth/providers/credentials'

export const authOptions: NextAuthOptions = {
  secret: 'a secret of the tests alone, and long enough for a key',
  session: { strategy: 'jwt' },
  providers: [
    CredentialsProvider({
      name: 'Password',
      credentials: { username: { label: 'Name', type: 'text' }, password: { label: 'Password', type: 'password' } },
      async authorize (credentials) {
        if (credentials?.password !== 'countess') return null
        return { id: '1815', name: credentials.username, email: 'ada@example.com' }
      }
    })
  ],
  callbacks: {
    jwt ({ token, user }) {
      if (user) token.id = user.id
      return token
    },
    session ({ session, token }) {
      return { ...session, user: { ...session.user, id: token.id } }
    }
  }
}
