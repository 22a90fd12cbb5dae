/** What became of the token streams. Route files write it and legacy routes show it: the module is one instance. */
export const streams = { open: 0, finished: 0, abandoned: 0 }
