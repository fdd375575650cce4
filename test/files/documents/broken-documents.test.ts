import { test } from 'vitest'
import { readCounts } from '../../../src/files/documents/counts.ts'
import { readFleet } from '../../../src/files/documents/fleet.ts'
import { readPlan } from '../../../src/files/documents/plan.ts'
import { readProfile } from '../../../src/files/documents/profile.ts'
import { readServiceAddresses } from '../../../src/files/documents/service-addresses.ts'
import { readSpace } from '../../../src/files/documents/space.ts'
import { readWorkload } from '../../../src/files/documents/workload.ts'
import { checkWorkload } from '../../../src/model/workload/workload.ts'
import { readBroken } from '../broken.ts'
import { scratchFolder } from '../scratch.ts'

const SPACE = `budgetPerHour: 2.5
types:
  - { name: gpu, pricePerHour: 1.5, max: 3 }
  - name: cpu
    pricePerHour: 0.2
    max: 9
    slots: 2
`
const FLEET = `servers:
  - { address: "127.0.0.1:8001", type: gpu, model: m, slots: 2 }
  - address: 127.0.0.1:8002
    type: cpu
`
const WORKLOAD = {
  ...{ model: 'm', latency: 'table.csv', mix: 'sizes.csv', qosMs: 30, percentile: 99 },
  batching: { maxBatch: { gpu: 20 } },
}
const PLAN = {
  ...{
    model: 'm',
    types: ['gpu', 'cpu'],
    pricePerHour: [1.5, 0.2],
    startDelayS: [60, 0],
    startFee: [0, 0.1],
  },
  ...{ windowS: 60, cyclic: true, windows: [{ counts: [1, 2] }, { counts: [0, 3] }] },
}
const CPU = { qps: 20, small_ratio: 0.5, vio_batch: 10, time_ratio: 0.3, all_batch: { 10: 20 } }

test.each<[name: string, read: (path: string) => Promise<unknown>, content: string | object]>([
  ['workload.json', async (path) => checkWorkload(await readWorkload(path)), WORKLOAD],
  ['space.yaml', readSpace, SPACE],
  ['fleet.yaml', readFleet, FLEET],
  ['plan.json', (path) => readPlan(path, ['m']), PLAN],
  ['profile.json', readProfile, { m: { gpu: { qps: 100 }, cpu: CPU } }],
  ['counts.json', readCounts, { gpu: 1, cpu: 4 }],
  ['addresses.json', readServiceAddresses, ['127.0.0.1:8001', '127.0.0.1:8002']],
])('%s is taken or refused, however it is broken', async (name, read, content) => {
  const { write } = scratchFolder()
  write('table.csv', 'instance_type,batch_size,mean_ms,p50_ms,p99_ms\ngpu,10,5,5,6\ngpu,20,8,8,9.5\n')
  write('sizes.csv', 'batch_size,probability\n10,0.25\n20,0.75\n')
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  await readBroken(text, name, (broken) => read(write(name, broken)))
})
