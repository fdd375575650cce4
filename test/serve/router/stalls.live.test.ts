import { createServer } from 'node:http'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { openHttpClient } from '../../../src/serve/http/client.ts'
import { scheduler } from '../../../src/serve/protocols/scheduler.ts'
import { addressOf } from '../grpc/channels.ts'
import { call } from '../grpc-js-client.ts'
import { type Answer, route, serverOf, stall, until } from './live.ts'

const SERVERS = 4
const ROUNDS = 6
const reply = scheduler.Serve.responseSerialize({ exeTime: 10, idx: 0, qWait: 0 })

/** Servers that answer when all have a request. */
async function serversInStep(before: () => void) {
  const waiting: Answer[] = []
  const serve = (request: Buffer, answer: Answer) => {
    if (scheduler.Serve.requestDeserialize(request).batch === 0)
      return answer({ code: status.INVALID_ARGUMENT, details: 'a batch of 0' })
    waiting.push(answer)
    if (waiting.length < SERVERS) return
    before()
    for (const each of waiting.splice(0)) each(null, reply)
  }
  return Promise.all(Array.from({ length: SERVERS }, () => serverOf({ '/grpc.Scheduler/Serve': serve })))
}

test('no server is taken out because the event loop of the router stood still', async () => {
  let stallMs = 0
  const addresses = await serversInStep(() => stall(stallMs))
  const fleet = addresses.map((address) => ({ address, type: 'fast' }))
  const { router, client } = await route({ fleet, policy: 'fcfs' })
  await until(() => router.servers().every(({ state }) => state === 'up'))
  // a batch of 100 hangs after 545 ms
  for (let round = 0; round < ROUNDS; round++) {
    stallMs = round === ROUNDS - 1 ? 1_000 : 0
    const asked = Array.from({ length: SERVERS }, () =>
      call(client, scheduler.Serve, { batch: 100, qWait: 0 }),
    )
    await Promise.all(asked)
  }
  expect(router.servers().map(({ state }) => state)).toEqual(addresses.map(() => 'up'))
  const metrics = await router.metrics()
  expect(metrics).toContain('kairos_retries_total{model="small"} 0\n')
  expect(metrics).not.toMatch(/kairos_ejections_total\{.*\} [1-9]/)
})

test('an answer over HTTP that comes while the event loop stands still is in time', async () => {
  const server = createServer((_request, response) => {
    stall(600)
    response.end('ok')
  })
  const client = openHttpClient(await addressOf(server), { maxMessageBytes: 100 })
  const result = await new Promise((resolve) => {
    client.request({ method: 'GET', path: '/', timeoutMs: 300 }, resolve)
  })
  client.close()
  expect(result).toMatchObject({ kind: 'response', status: 200 })
})
