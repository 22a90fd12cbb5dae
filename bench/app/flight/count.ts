export const count = { runs: 0 }
