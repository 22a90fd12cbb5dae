import { startWithProxy } from './with-proxy.mjs'

export const start = () => startWithProxy('next')
