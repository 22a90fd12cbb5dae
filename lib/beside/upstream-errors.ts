import { UpstreamError, UpstreamTimeoutError } from '../errors.ts'

/** What is told of an upstream, by the code of the error that its connection ended with. */
const REASONS: Record<string, string> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  EAI_AGAIN: 'its name cannot be looked up at the moment',
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'it closed the connection',
  EHOSTUNREACH: 'its network cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ENOTFOUND: 'its name is not known',
  EPIPE: 'it closed the connection',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  UND_ERR_SOCKET: 'it closed the connection'
}

/** OpenSSL's codes for a certificate that nobody who is trusted has signed. */
const UNTRUSTED = new Set(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])

/**
 * The error to answer and log for a connection that has come to nothing.
 * @param timeout in milliseconds
 */
export function upstreamError (error: unknown, timeout: number): Error & { statusCode?: number } {
  const { code = '', message } = error as { code?: string, message?: string }
  const cause = { cause: error }
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return new UpstreamTimeoutError(`no connection within ${timeout} ms`, cause)
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return new UpstreamTimeoutError(`no answer within ${timeout} ms`, cause)
  if (code.startsWith('HPE_')) return new UpstreamError('what it sent is no HTTP', cause)
  if (UNTRUSTED.has(code)) return new UpstreamError(`its certificate is signed by nobody who is trusted (${code}): name the authority in \`tls.ca\`, or in the environment variable NODE_EXTRA_CA_CERTS`, cause)
  if (/^ERR_SSL_.*ALERT/.test(code)) return new UpstreamError(`it breaks off TLS (${code}): it may want a certificate, which \`tls.cert\` and \`tls.key\` give`, cause)
  return new UpstreamError(REASONS[code] ?? (code === '' ? message ?? 'unknown' : code), cause)
}
