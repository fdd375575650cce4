import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { scheduler } from '../../../../src/serve/protocols/scheduler.ts'
import { call } from '../../grpc-js-client.ts'
import { codeOf, emulate, route, until } from '../live.ts'
import { workloadOf } from '../scenarios.ts'

test('after three slow seconds of all servers, requests are accepted again five seconds later', async () => {
  // times are ten times those of the scenario in virtual time: a busy machine then matters little
  const workload = workloadOf(250, [150])
  const { servers } = await emulate([4], { workload, types: ['type0'] })
  const { router, client } = await route({ workload, fleet: servers, admission: 'target' })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  /** Six requests a second for so long, of 26. */
  const ask = async (ms: number) => {
    const asked: Promise<status>[] = []
    for (const endMs = performance.now() + ms; performance.now() < endMs; ) {
      asked.push(codeOf(call(client, scheduler.Serve, { batch: 10, qWait: 0 }, { timeoutMs: 10_000 })))
      await new Promise((resolve) => setTimeout(resolve, 1000 / 6))
    }
    const codes = await Promise.all(asked)
    return codes.filter((code) => code === status.OK).length / codes.length
  }
  await ask(1_000)
  for (const server of servers) server.slowDown(1.67)
  await ask(3_000)
  for (const server of servers) server.slowDown(1)
  await ask(5_000)
  expect(await ask(2_000)).toBeGreaterThan(0.9)
})
