import { describe, expect, test } from 'vitest'
import { type DistributeOptions, distribute } from '../../../src/serve/driver/distribute.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { evenTrace } from './even-trace.ts'

const workload = smallWorkload()
const { types } = workload.latency

describe('rejects', () => {
  test.each([
    ['too few addresses', { addresses: ['127.0.0.1:1'] }, /addresses: names 1 servers for 2 instances/],
    ['an unknown policy', { policy: 'best' }, /there is no policy "best"/],
    [
      'a trace whose times count from 1970',
      { trace: { arrivalMs: Float64Array.of(1.7e12, 1.7e12 + 5), batchSize: Float64Array.of(1, 1) } },
      /^trace: begins after 19675 days; use a trace that begins near time 0: its first query arrives after 1700000000 s; kairos-wasm trace convert kairos --window 1700000000s.. makes that time 0$/,
    ],
    ['a size beyond the table', { trace: evenTrace(1, 2, [1000]) }, /batchSize\[0\]: is 1000/],
    [
      'a timeout that is not a number',
      { timeoutMs: Number.NaN },
      /timeoutMs: is NaN; a number of milliseconds from 1/,
    ],
    ['a negative timeout', { timeoutMs: -1 }, /timeoutMs: is -1/],
    ['addresses that are none', { addresses: ['a:1', null] }, /addresses\[1\]: is null; write host:port/],
    ['an empty address', { addresses: ['', 'a:1'] }, /addresses\[0\]: is ""; write host:port/],
    ['missing addresses', { addresses: undefined }, /addresses: names 0 servers for 2 instances/],
    [
      'a configuration without instances',
      { counts: [0, 0], addresses: [] },
      /counts: the configuration has no instance/,
    ],
    ['missing types', { types: undefined }, /types: is undefined/],
    ['slots of none', { slots: [0, 1] }, /slots\[0\]: is 0 for fast; a whole number from 1 to/],
    ['slots of too few types', { slots: [2] }, /slots: has 1 number; one for each of fast, slow is expected/],
    [
      'slots at another concurrency than the table',
      {
        slots: [2, 1],
        workload: { ...workload, latency: { ...workload.latency, concurrency: Float64Array.of(4, 0) } },
      },
      /types\[0\].slots: is 2 for fast, .* taken at concurrency 4; give slots: 4/,
    ],
    [
      'an unknown way of sending batches',
      { sendBatches: 'both' },
      /sendBatches: is "both"; it is one of parallel, merge/,
    ],
    [
      'joined requests without batching',
      { sendBatches: 'merge', model: 'small' },
      /sendBatches: is merge, and the workload has no batching; set batching/,
    ],
    [
      'joined requests of the published protocol',
      { sendBatches: 'merge', workload: { ...workload, batching: { maxBatch: 10 } } },
      /sendBatches: is merge, and .* cannot be joined; name the model .* or use parallel/,
    ],
    ['a type that the table lacks', { types: ['a', 'b'] }, /no instance type "a"/],
  ])('%s', async (_what, options, message) => {
    const addresses = ['127.0.0.1:1', '127.0.0.1:2']
    const request = { workload, types, counts: [1, 1], addresses, trace: evenTrace(1, 2) }
    await expect(distribute(Object.assign(request, options) as DistributeOptions)).rejects.toThrow(message)
  })
})
