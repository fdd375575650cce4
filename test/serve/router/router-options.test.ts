import { expect, test } from 'vitest'
import { checkTlsChange, type RouterOptions } from '../../../src/serve/router/router-options.ts'

const [cert, key, ca] = ['a', 'b', 'c'].map((text) => Buffer.from(text))
const tls = { cert, key }
const withCa = { ...tls, clientCa: ca }

type Certificates = Pick<RouterOptions, 'tls' | 'serverTls'>

test.each<[string, Certificates, Certificates, RegExp]>([
  [
    'TLS towards clients turned on',
    {},
    { tls },
    /^tls: cannot be turned on or off; give both as they were given/,
  ],
  ['TLS towards clients turned off', { tls }, {}, /^tls: cannot be turned on or off/],
  [
    'TLS towards servers turned off',
    { tls, serverTls: {} },
    { tls },
    /^serverTls: cannot be turned on or off/,
  ],
  [
    'a client CA where there was none',
    { tls },
    { tls: withCa },
    /^tls: cannot begin or cease to have a clientCa; .* restart$/,
  ],
  [
    'no client CA where there was one',
    { tls: withCa },
    { tls },
    /^tls: cannot begin or cease to have a clientCa/,
  ],
  ['an option that is not of TLS', { tls }, { tls, host: 'a' } as Certificates, /host/],
])('a running router rejects: %s', (_, present, changed, message) => {
  expect(() => checkTlsChange(present, changed)).toThrow(message)
})

test('a running router takes other certificates', () => {
  const changed = { tls: { ...withCa, cert: key }, serverTls: { ca } }
  expect(() => checkTlsChange({ tls: withCa, serverTls: {} }, changed)).not.toThrow()
})
