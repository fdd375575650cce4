import { describe, expect, test } from 'vitest'
import { distribute } from '../../../src/serve/driver/distribute.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { evenTrace } from './even-trace.ts'

const workload = smallWorkload()
const { types } = workload.latency

describe('rejects', () => {
  test.each([
    ['too few addresses', { addresses: ['127.0.0.1:1'] }, /addresses: names 1 servers for 2 instances/],
    ['an unknown policy', { policy: 'best' }, /there is no policy "best"/],
    ['a size beyond the table', { trace: evenTrace(1, 2, [1000]) }, /batchSize\[0\]: is 1000/],
    [
      'a timeout that is not a number',
      { timeoutMs: Number.NaN },
      /timeoutMs: is NaN; a number of milliseconds from 1/,
    ],
    ['a negative timeout', { timeoutMs: -1 }, /timeoutMs: is -1/],
    ['missing addresses', { addresses: undefined }, /addresses: names 0 servers for 2 instances/],
    [
      'a configuration without instances',
      { counts: [0, 0], addresses: [] },
      /counts: the configuration has no instance/,
    ],
    ['missing types', { types: undefined }, /types: is undefined/],
    ['a type that the table lacks', { types: ['a', 'b'] }, /no instance type "a"/],
  ])('%s', async (_what, options, message) => {
    const addresses = ['127.0.0.1:1', '127.0.0.1:2']
    const request = { workload, types, counts: [1, 1], addresses, trace: evenTrace(1, 2) }
    await expect(distribute(Object.assign(request, options))).rejects.toThrow(message)
  })
})
