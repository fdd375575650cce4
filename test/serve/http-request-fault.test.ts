import { expect, test } from 'vitest'
import { requestFault } from '../../src/serve/http/request-fault.ts'

const faultOf = (...rawHeaders: string[]) => requestFault({ rawHeaders, headers: {} })
const ofHosts = (...hosts: string[]) => faultOf(...hosts.flatMap((host) => ['Host', host]))

test.each([
  ...['a', 'a.example:80', 'my_host:', '10.0.0.1:8000', '[::1]:80', '', 'a%20b'],
  // a cluster of Envoy, and a zone of an address
  ...['outbound|80||a.local', '[fe80::1%eth0]:80', '[fe80::1%25eth0]'],
])('takes the Host "%s"', (host) => expect(ofHosts(host)).toBe(undefined))

test.each(['a b', 'a/b', 'user@a', 'a:b', '[::1', '[::1%]', 'a#b'])('refuses the Host "%s"', (host) => {
  expect(ofHosts(host)).toEqual({
    status: 400,
    problem: expect.stringMatching(/^the Host header is invalid; send a host/),
  })
})

test('refuses more than one Host, also if they are the same', () => {
  const problem = 'the request has more than one Host header; send one'
  expect(ofHosts('a', 'a')).toEqual({ status: 400, problem })
  expect(faultOf('host', 'a', 'x-host', 'a', 'HOST', 'b')).toEqual({ status: 400, problem })
  expect(faultOf('accept', 'a')).toBe(undefined)
  expect(faultOf('Host', 'a', 'From', 'a b')).toBe(undefined)
})

test.each([
  ['chunked', undefined],
  ['Chunked', undefined],
  ['gzip, chunked', 501],
  ['chunked, chunked', 501],
])('the Transfer-Encoding %s is answered with %s', (value, status) => {
  const fault = requestFault({ rawHeaders: [], headers: { 'transfer-encoding': value } })
  expect(fault?.status).toBe(status)
})
