/** The Next.js major whose defaults hold. */
export type Compat = 13 | 14 | 15 | 16

/** How trailing slashes are treated; see `AppRoutesOptions.trailingSlash`. */
export type TrailingSlash = boolean | 'ignore'
