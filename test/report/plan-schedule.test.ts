import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { crontabText, kedaText } from '../../src/report/plan-schedule.ts'

const types = ['big', 'small_x'].map((name) => ({
  ...{ name, min: 0, max: 9, pricePerHour: 1 },
  ...{ startDelayS: name === 'big' ? 90 : 0, startFee: 0 },
}))

/** A day of 24 windows: one big instance always; small ones by hour. */
const day = (small: (hour: number) => number, cyclic = true, hours = 24) => ({
  ...{
    model: 'm',
    types: ['big', 'small_x'],
    pricePerHour: [1, 1],
    startDelayS: [90, 0],
    startFee: [0, 0],
    windowS: 3600,
    utilisation: 1,
    cyclic,
    capacity: 'bound' as const,
    cost: 1,
    starts: 1,
  },
  windows: Array.from({ length: hours }, (_, hour) => ({
    ...{ startS: 3600 * hour, rateQps: 1, capacityQps: 1, costPerHour: 1, started: [0, 0] },
    counts: [hour === 12 ? 2 : 1, small(hour)],
  })),
})

test('a crontab changes counts when windows begin, starts ahead by their delay', () => {
  const text = crontabText(
    day((hour) => (hour >= 8 && hour < 20 ? 3 : 0)),
    types,
  )
  expect(text.split('\n').slice(1)).toEqual([
    'CRON_TZ=UTC',
    '58 11 * * * kubectl scale deployment/m-big --replicas=2',
    '0 13 * * * kubectl scale deployment/m-big --replicas=1',
    '0 8 * * * kubectl scale deployment/m-small-x --replicas=3',
    '0 20 * * * kubectl scale deployment/m-small-x --replicas=0',
    '',
  ])
})

test('KEDA gets a cron scaler for every stretch of time with instances', () => {
  const text = kedaText(
    day((hour) => (hour >= 8 && hour < 20 ? 3 : 0)),
    types,
  )
  const [big, small] = parseAllDocuments(text).map((document) => document.toJS())
  expect(small.metadata.name).toBe('m-small-x')
  expect(small.spec).toMatchObject({ minReplicaCount: 0, maxReplicaCount: 3 })
  expect(small.spec.triggers).toEqual([
    {
      type: 'cron',
      metadata: { timezone: 'UTC', start: '0 8 * * *', end: '0 20 * * *', desiredReplicas: '3' },
    },
  ])
  expect(
    big.spec.triggers.map(
      (trigger: { metadata: { desiredReplicas: string } }) => trigger.metadata.desiredReplicas,
    ),
  ).toEqual(['2', '1'])
})

test.each([
  ['a plan that is no cycle', day(() => 1, false)],
  ['a cycle of another length', day(() => 1, true, 23)],
])('rejects %s', (_, plan) => {
  expect(() => crontabText(plan, types)).toThrow(/a schedule repeats every day or week/)
})
