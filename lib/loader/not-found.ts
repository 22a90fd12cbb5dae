const CODES = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_DIR_IMPORT'])

/** Whether that is how a resolver says that there is no such file. The one of ts-node gives no code. */
export function isNotFound (error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  return code === undefined ? /^(?:Cannot find (?:module|package) '|ERR_UNSUPPORTED_DIR_IMPORT )/.test(message) : CODES.has(code)
}
