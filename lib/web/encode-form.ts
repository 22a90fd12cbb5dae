import { randomUUID } from 'node:crypto'

/**
 * A form as a body (HTML standard, "multipart/form-data encoding algorithm"). The native `Response` of Node.js 24 and
 * later writes forms in a way that ends the whole process where the body is cancelled, or one of its files cannot be
 * read, meanwhile (nodejs/undici #5835).
 */
export function encodeForm (form: FormData): Blob {
  const boundary = `----formdata-${randomUUID()}`
  const parts: Array<string | Blob> = []
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(lines(name))}"`
    if (typeof value === 'string') parts.push(`${head}\r\n\r\n${lines(value)}\r\n`)
    else parts.push(`${head}; filename="${quoted(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`, value, '\r\n')
  }
  return new Blob([...parts, `--${boundary}--\r\n`], { type: `multipart/form-data; boundary=${boundary}` })
}

const lines = (text: string): string => text.replace(/\r?\n|\r/g, '\r\n')
const quoted = (text: string): string => text.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22')
