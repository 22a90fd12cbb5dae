import threads from 'node:worker_threads'

/** Makes `structuredClone()` refuse an object, where Node.js (22.10 and later) makes it refuse the native ones. */
export const markAsUncloneable = (threads as { markAsUncloneable?: (object: object) => void }).markAsUncloneable ?? (() => {})
