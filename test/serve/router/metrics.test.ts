import { expect, test } from 'vitest'
import { createMetrics } from '../../../src/serve/router/metrics.ts'

/** What the listener of a model counts: the values of the metrics of that model, by name and other labels. */
async function countedBy(
  tell: (listener: ReturnType<ReturnType<typeof createMetrics>['listener']>) => void,
): Promise<(name: string) => number> {
  const metrics = createMetrics()
  tell(metrics.listener('m'))
  const lines = (await metrics.registry.metrics()).split('\n')
  return (name) =>
    Number(
      lines
        .find((line) => line.startsWith(`kairos_${name} `))
        ?.split(' ')
        .at(-1),
    )
}

test('times of answers and decisions are seconds', async () => {
  const counted = await countedBy((listener) => {
    const figures = {
      batch: 1,
      waitedMs: 250,
      latencyMs: 1500,
      late: true,
      address: 'a:1',
      type: 'gpu',
      attempts: 1,
    }
    listener.answered!({ ...figures, serviceMs: 1000 })
    listener.answered!({ ...figures, serviceMs: 500, late: false })
    listener.decided!(2, 3)
  })
  expect(counted('latency_seconds_sum{model="m"}')).toBe(3)
  expect(counted('wait_seconds_sum{model="m"}')).toBe(0.5)
  expect(counted('service_seconds_sum{model="m",type="gpu"}')).toBe(1.5)
  expect(counted('decision_seconds_sum{model="m"}')).toBe(0.002)
  expect(counted('answers_total{model="m"}')).toBe(2)
  expect(counted('violations_total{model="m"}')).toBe(1)
  expect(counted('decisions_total{model="m"}')).toBe(1)
  expect(counted('started_total{model="m"}')).toBe(3)
})

test('each event has a counter of its own, which starts at 0', async () => {
  const counters = {
    'refusals_total{model="m",reason="late"}': 1,
    'abandoned_total{model="m"}': 2,
    'retries_total{model="m"}': 3,
    'joins_total{model="m"}': 4,
    'ejections_total{model="m",reason="hung"}': 5,
    'merged_requests_total{model="m"}': 6,
    'merge_repeats_total{model="m"}': 7,
    'batch_requests_sum{model="m"}': 8,
    'batch_items_sum{model="m"}': 900,
  }
  const names = Object.keys(counters)
  const counted = await countedBy((listener) => {
    listener.refused!('late')
    for (let i = 0; i < 2; i++) listener.abandoned!()
    for (let i = 0; i < 3; i++) listener.retried!('a:1', 'UNAVAILABLE', 'its connection failed')
    for (let i = 0; i < 4; i++) listener.serverUp!('a:1', 'gpu')
    for (let i = 0; i < 5; i++) listener.ejected!('a:1', 'hung', '')
    listener.requestsJoined!(6)
    for (let i = 0; i < 7; i++) listener.sentInParts!()
    listener.batched!(8, 900)
  })
  expect(Object.fromEntries(names.map((name) => [name, counted(name)]))).toEqual(counters)
  const ofNothing = await countedBy(() => undefined)
  const totals = names.filter((name) => name.includes('_total'))
  expect(totals.map(ofNothing)).toEqual(totals.map(() => 0))
})
