import { expect, test } from 'vitest'
import { emulatePlan } from '../../../src/serve/emulator/planned.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

test('rejects a plan with a window of more servers than an emulator starts', async () => {
  const schedule = {
    ...{ types: ['fast', 'slow'], windowS: 60, cyclic: false },
    counts: [
      [1, 0],
      [999, 2],
    ],
    ...{ pricePerHour: [1, 1], startDelayS: [0, 0], startFee: [0, 0] },
  }
  const emulator = emulatePlan({
    workload: smallWorkload(),
    schedule,
    overheadMs: 0,
    onError: () => undefined,
  })
  await expect(emulator).rejects.toMatchObject({
    code: 'TOO_LARGE',
    message:
      'schedule.counts[1]: are 1001 instances; at most 1000 are possible: lower the counts of this window',
  })
})
