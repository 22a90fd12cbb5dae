/** Listed in docs/errors.md. */
type WarningCode = 'FAR_WARN' | 'FAR_CACHE' | 'FAR_OTEL' | 'FAR_TSCONFIG' | 'FAR_OG_FONT' | 'FAR_OG_EMOJI'

/** Tells of what is odd, where the host has no logger that would. */
export function warnOfProcess (message: string, code: WarningCode = 'FAR_WARN'): void { process.emitWarning(message, { type: 'AppRoutesWarning', code }) }
