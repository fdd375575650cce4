import { expect, onTestFinished, test } from 'vitest'
import { randomStream } from '../../../src/model/random.ts'
import type { Workload } from '../../../src/model/workload.ts'
import { call, connect } from '../../../src/serve/grpc/connect.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { emulate, route, until } from './live.ts'

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

/** The share of requests that are answered inside the target: an open loop of random gaps, in real time. */
async function shareInside(address: string, rate: number, qosMs: number): Promise<number> {
  const client = connect(address)
  onTestFinished(() => client.close())
  const uniform = randomStream(7, rate)
  const asked: Promise<boolean>[] = []
  let dueMs = performance.now()
  for (let i = 0; i < 3 * rate; i++) {
    dueMs -= (1000 / rate) * Math.log(1 - uniform())
    await new Promise((resolve) => setTimeout(resolve, dueMs - performance.now()))
    const sentMs = performance.now()
    const served = call(client, scheduler.Serve, { batch: 1 + (i % 10), qWait: 0 })
    asked.push(served.then(() => performance.now() - sentMs <= qosMs).catch(() => false))
  }
  const inside = (await Promise.all(asked)).filter(Boolean).length
  return inside / asked.length
}

test('a server with four slots serves as many in time through the router as directly', async () => {
  const workload = slowWorkload()
  const { servers } = await emulate([1, 0], { workload, slots: 4 })
  const fleet = servers.map(({ address, type }) => ({ address, type, slots: 4 }))
  const { router } = await route({ workload, fleet, admission: 'target' })
  await until(() => router.servers()[0].state === 'up')
  for (const rate of [10, 20]) {
    const direct = await shareInside(servers[0].address, rate, workload.qosMs)
    const routed = await shareInside(router.address, rate, workload.qosMs)
    // one request of 30 or 60 more may be late: a percent is less than that
    expect(routed, `${rate} a second, ${direct} direct`).toBeGreaterThanOrEqual(
      direct - 1 / (3 * rate) - 1e-9,
    )
  }
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
