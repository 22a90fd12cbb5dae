/** The ways of spelling a path that have led past guards of some server or other. */
import fc from 'fast-check'
import net from 'node:net'
import type { RunningHost } from './hosts.ts'

export const SPELLINGS = [
  '/admin', '/admin/', '/admin?x', '/admin#x', '/admin/users', '/admin/users/1', '/admin/a/b/c',
  '//admin', '///admin', '//admin/users', '/admin//users', '/\\admin', '\\admin', '/\\/admin/users', '/admin\\users',
  '/./admin', '/../admin', '/public/../admin', '/public/../admin/users', '/public/./../admin/users/1', '/public/files/../../admin/users', '/public/files/a/../../../admin', '/opt/../admin', '/opt/a/b/../../../admin/users',
  '/%2e/admin', '/%2e%2e/admin', '/%2E%2e/admin/users', '/.%2e/admin', '/%2e./admin/users', '/public/%2e%2e/admin', '/public/files/%2e%2e/%2e%2e/admin', '/public/files/.%2e/..%2f/admin', '/public/files/..%2f..%2fadmin', '/public/files/%2e%2e%2f%2e%2e%2fadmin',
  '/public/..\\admin', '/public\\..\\admin\\users', '/public/..%5cadmin', '/public/files/..%5c..%5cadmin', '/public/files\\..\\..\\admin',
  '/%61dmin', '/%61dmin/users', '/adm%69n', '/%61%64%6d%69%6e/users/1', '/admin%2fusers', '/admin%2Fusers/1', '/%2fadmin', '/%2Fadmin/users', '/%5cadmin', '/admin%5cusers', '/%2561dmin', '/%25%36%31dmin',
  '/ADMIN', '/Admin/users', '/aDmin/users/1', '/admin;x', '/admin;/users', '/;/admin', '/admin/;/users', '/public;/../admin', '/public/..;/admin', '/admin.', '/admin%20', '/admin%00', '/admin%09/users', '/admin%0a', '/%00/admin', '/admin%3f', '/admin%23', '/admin%3Fx/users',
  '/%c0%ae%c0%ae/admin', '/%e0%80%ae/admin', '/%u0061dmin', '/a%64min/%75sers', '/%zz/admin', '/admin/%zz', '/%/admin',
  'http://localhost/admin', 'http://localhost/admin/users', 'HTTP://localhost/admin', 'http://localhost//admin', 'http://localhost/public/../admin/users', 'http://localhost/%61dmin', 'http:///admin', 'http://admin', 'http://localhost?/admin', 'http://localhost#/admin', 'http://localhost\\admin', 'http://localhost/\\admin', 'http://x@localhost/admin', 'http://localhost:80/admin/users', 'https://localhost/admin',
  '/public/files//admin', '/public/files/admin', '/?/admin', '/#/admin', '/public?/../admin', '/public/a?b=/../../admin', '/public#/../admin', '/about/../admin', '/en/about/../../admin', '/admin/about', '/%61dmin/about', '/admin%2e/about'
]

const letter = (text: string) => fc.tuple(...[...text].map((char) => fc.constantFrom(char, char, char, '%' + char.charCodeAt(0).toString(16), char.toUpperCase()))).map((chars) => chars.join(''))
const part = fc.oneof(letter('admin'), fc.constant('admin'), fc.constant('public'), fc.constant('files'), fc.constantFrom('users', 'opt', 'en', 'about', 'x', '.', '..', '%2e', '%2e%2e', '.%2E', '', ';', '..;', '%2f', '%5c', '..%2f', '%00', '%'))
const separator = fc.constantFrom('/', '/', '/', '/', '//', '\\', '/./', '/../', '%2f', '%5C', ';/')
const end = fc.constantFrom('', '', '/', '?', '?x=/admin', '#', '#/../admin', ';', '%20')
const start = fc.constantFrom('', '', '', '', 'http://localhost', 'http://localhost:1')

/** Any of them together. */
export const anySpelling = fc.tuple(start, fc.array(fc.tuple(separator, part), { minLength: 1, maxLength: 6 }), end).map(([start, parts, end]) => start + '/' + parts.flat().join('').replace(/^\//, '') + end)

/** Sends a target as it is, and gives the status of the answer. */
export function probe (host: RunningHost, target: string, headers = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(new URL(host.url).port), 'localhost')
    let answer = ''
    socket.on('data', (chunk) => { answer += chunk.toString('latin1') }).on('error', reject)
    socket.on('close', () => { resolve(Number(answer.split(' ', 2)[1])) })
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`)
  })
}
