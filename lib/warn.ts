/** Tells of what is odd but starts, where the host has no logger that would. */
export const warnOfProcess = (message: string): void => { process.emitWarning(message, { type: 'AppRoutesWarning', code: 'FAR_WARN' }) }
