import { expect, test } from 'vitest'
import { hostFault } from '../../src/serve/http/host.ts'

const faultOf = (...hosts: string[]) => hostFault({ rawHeaders: hosts.flatMap((host) => ['Host', host]) })

test.each(['a', 'a.example:80', 'my_host:', '10.0.0.1:8000', '[::1]:80', '', 'a%20b'])(
  'takes the Host "%s"',
  (host) => expect(faultOf(host)).toBe(undefined),
)

test.each(['a b', 'a/b', 'user@a', 'a:b', '[::1', 'a#b'])('refuses the Host "%s"', (host) => {
  expect(faultOf(host)).toMatch(/^the Host header is invalid; send a host/)
})

test('refuses more than one Host, also if they are the same', () => {
  expect(faultOf('a', 'a')).toBe('the request has more than one Host header; send one')
  expect(hostFault({ rawHeaders: ['host', 'a', 'x-host', 'a', 'HOST', 'b'] })).toMatch(/more than one/)
  expect(hostFault({ rawHeaders: ['accept', 'a'] })).toBe(undefined)
})
