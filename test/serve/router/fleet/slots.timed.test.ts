import { expect, test } from 'vitest'
import type { Workload } from '../../../../src/model/workload/workload.ts'
import { scheduler } from '../../../../src/serve/protocols/scheduler.ts'
import { smallWorkload } from '../../../fixtures/small-workload.ts'
import { call } from '../../grpc-js-client.ts'
import { emulate, route, until } from '../live.ts'

/** 1 to 10 items take 70 to 130 ms; the target is 350 ms. */
function slowWorkload(): Workload {
  const workload = smallWorkload()
  const { latency } = workload
  return {
    ...workload,
    qosMs: 350,
    latency: {
      ...latency,
      meanMs: latency.meanMs.map(() => 100),
      knotsMs: latency.knotsMs.map((_, i) => [70, 100, 130][i % 3]),
    },
  }
}

// how many are in time through the router and directly: slots.test.ts, in virtual time
test('a server with four slots serves four requests at the same time', async () => {
  const workload = slowWorkload()
  const { servers } = await emulate([1, 0], { workload, slots: 4 })
  const fleet = servers.map(({ address, type }) => ({ address, type, slots: 4 }))
  const { router, client } = await route({ workload, fleet })
  await until(() => router.servers()[0].state === 'up')
  const asked = Array.from({ length: 8 }, () => call(client, scheduler.Serve, { batch: 1, qWait: 0 }))
  await until(() => router.servers()[0].inFlight === 4)
  expect(await Promise.all(asked)).toHaveLength(8)
})

test('models at one address share its slots', async () => {
  const workload = slowWorkload()
  const { servers } = await emulate([1, 0], { workload, slots: 2 })
  const other = { ...workload, model: 'other' }
  const at = { address: servers[0].address, type: 'fast', slots: 2 }
  const fleet = [
    { ...at, model: 'small' },
    { ...at, model: 'other' },
  ]
  // the emulator knows one model: the other one of the fleet is never up, and takes no slot
  const { router, client } = await route({ workload: [workload, other], fleet })
  await until(() => router.servers().some(({ state }) => state === 'up'))
  const asked = [1, 2, 3].map(() => call(client, scheduler.Serve, { batch: 1, qWait: 0 }))
  await until(() => router.servers().some(({ inFlight }) => inFlight === 2))
  await Promise.all(asked)
  expect(router.servers().map(({ address, model }) => [address, model])).toEqual(
    fleet.map(({ address, model }) => [address, model]),
  )
})
