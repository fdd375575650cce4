import { describe, expect, test } from 'vitest'
import { createRouter } from '../../../src/serve/router/router.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const workload = smallWorkload()

describe('a router rejects', () => {
  test.each([
    ['an unknown policy', { policy: 'best' }, /there is no policy "best"/],
    ['an unknown type', { fleet: [{ address: 'x:1', type: 'other' }] }, /x:1 is of type "other"/],
    [
      'slots at which the table was not taken',
      {
        workload: { ...workload, latency: { ...workload.latency, concurrency: Float64Array.of(4, 0) } },
        fleet: [{ address: 'x:1', type: 'fast', slots: 2 }],
      },
      /slots: of x:1 is 2 for fast, whose latency table was taken at concurrency 4; give slots: 4, or/,
    ],
    ['two workloads of one model', { workload: [workload, workload] }, /"small" is listed twice/],
    ['an address of another machine', { host: '192.0.2.1' }, /cannot listen on 192.0.2.1/],
    ['a port above 65535', { port: 65_536 }, /port: is 65536; a whole number from 0 to 65535/],
    ['a negative admin port', { adminPort: -1 }, /adminPort: is -1; a whole number from 0 to 65535/],
    ['a queue of 0', { queue: 0 }, /queue: is 0; a whole number >= 1/],
    ['a message limit that is not a number', { maxMessageBytes: Number.NaN }, /maxMessageBytes: is NaN/],
    ['a negative limit of connections', { maxConnections: -5 }, /maxConnections: is -5/],
    [
      'an interval that is not a number',
      { healthIntervalMs: Number.NaN },
      /healthIntervalMs: is NaN; a number of milliseconds/,
    ],
    [
      'an interval above the limit of timers',
      { healthIntervalMs: 2 ** 31 },
      /healthIntervalMs: is 2147483648/,
    ],
    ['an unknown admission', { admission: 'some' as 'all' }, /admission: is "some"; it is one of/],
    ['a target that is not a number', { workload: { ...workload, qosMs: Number.NaN } }, /qosMs: is NaN/],
  ])('%s', async (_what, options, message) => {
    await expect(createRouter({ workload, fleet: [], ...options })).rejects.toThrow(message)
  })
})
