import { describe, expect, test } from 'vitest'
import { startEmulator } from '../../../src/serve/emulator/emulator.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const workload = smallWorkload()
const { types } = workload.latency
const takenAtFour = { ...workload, latency: { ...workload.latency, concurrency: Float64Array.of(4, 4) } }

describe('an emulator rejects', () => {
  test.each([
    [
      'counts that do not match the types',
      { counts: [1] },
      /counts: has 1 number; one for each of fast, slow/,
    ],
    ['a fractional count', { counts: [0.5, 1] }, /counts\[0\]: is 0.5 for fast/],
    ['a configuration without instances', { counts: [0, 0] }, /counts: the configuration has no instance/],
    ['slots of one type for two', { slots: [1] }, /slots: has 1 number; one for each of fast, slow/],
    ['no slots', { slots: [1, 0] }, /slots\[1\]: is 0 for slow; a whole number from 1/],
    [
      'a table that was taken at another concurrency',
      { workload: takenAtFour },
      /^slots: is 1 for fast, whose latency table was taken at concurrency 4/,
    ],
    ['an unknown type', { types: ['fast', 'other'] }, /no instance type "other"/],
    ['a negative seed', { seed: -1 }, /seed: is -1/],
    ['an address of another machine', { host: '192.0.2.1' }, /^host: cannot listen on 192.0.2.1/],
    [
      'a first number of 10^15',
      { firstNumber: 1e15 },
      /firstNumber: is 1000000000000000; a whole number from 0 to 999999/,
    ],
    ['a negative port', { port: -1 }, /port: is -1; a whole number from 0 to 65535/],
    ['a port that is not a number', { port: Number.NaN }, /port: is NaN/],
    ['a range of ports beyond the last port', { port: 65_535 }, /port: is 65535 for the first of 2 servers/],
    ['a round trip that is not a number', { overheadMs: Number.NaN }, /overheadMs: is NaN/],
    ['a message limit of 0', { maxMessageBytes: 0 }, /maxMessageBytes: is 0/],
    [
      'a misspelt option of TLS, without which any client would be served',
      { tls: { key: Buffer.from('x'), cert: Buffer.from('y'), clientCA: Buffer.from('z') } },
      /clientCA: is no option of this function; did you mean "clientCa"/,
    ],
    ['a broken certificate', { tls: { key: Buffer.from('x'), cert: Buffer.from('y') } }, /certificate/],
  ])('%s', async (_what, options, message) => {
    await expect(
      startEmulator({ workload, types, counts: [1, 1], overheadMs: 0, ...options }),
    ).rejects.toThrow(message)
  })
})
