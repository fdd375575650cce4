import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  readServiceAddresses,
  writeServiceAddresses,
} from '../../../src/files/documents/service-addresses.ts'
import { scratchFolder } from '../scratch.ts'

const ADDRESSES = ['node-1:50051', '127.0.0.1:50052', '[::1]:50053']

test('the published layout, there and back', async () => {
  const { path } = scratchFolder()
  await writeServiceAddresses(path('service_addr.json'), ADDRESSES)
  // as json.dump(addresses, file, indent=4) writes it
  expect(readFileSync(path('service_addr.json'), 'utf8')).toBe(
    '[\n    "node-1:50051",\n    "127.0.0.1:50052",\n    "[::1]:50053"\n]',
  )
  expect(await readServiceAddresses(path('service_addr.json'), 3)).toEqual(ADDRESSES)
})

describe('refuses', () => {
  test.each([
    [
      '["a:1", "b:2"]',
      'a.json: lists 2 servers, the configuration has 3 instances; give the counts that the servers were started with',
    ],
    ['["a:1",\n "b:2",\n "a:1"]', 'a.json line 3: [2]: a:1 is listed twice; a server is one instance'],
    ['["a:1", "b", "c:3"]', 'a.json line 1: [1]: is "b"; expected an address, host:port'],
    [
      '{ "servers": [{ "address": "a:1", "type": "x" }] }',
      'a.json line 1: is a fleet, as for route --fleet; expected a list of addresses, host:port; emulate --out writes both',
    ],
    ['{ "a": 1 }', 'a.json line 1: is { a: 1 }; expected a list of addresses, host:port'],
  ])('%s', async (text, message) => {
    const { write, refusal } = scratchFolder()
    expect(await refusal(readServiceAddresses(write('a.json', text), 3))).toEqual({
      code: 'BAD_FILE',
      message,
    })
  })
})
