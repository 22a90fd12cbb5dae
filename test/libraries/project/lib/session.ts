import type { SessionOptions } from 'iron-session'

export interface SessionData { username?: string, visits?: number }

export const sessionOptions: SessionOptions = {
  password: 'complex_password_at_least_32_characters_long',
  cookieName: 'iron',
  cookieOptions: { secure: false }
}
