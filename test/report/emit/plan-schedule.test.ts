import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { crontabText, kedaText } from '../../../src/report/emit/plan-schedule.ts'

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
  expect(text.split('\n')).toEqual([
    '# m: the optimal plan of a day',
    '# window 0 begins at 00:00 UTC, as the plan does not say (--begin)',
    '# up to 100% of the bound: not measured, check with replay --plan',
    '# times are UTC: a cron that does not know CRON_TZ, such as that of Debian, must run on a machine in UTC',
    'CRON_TZ=UTC',
    '58 11 * * * kubectl scale deployment/m-big --replicas=2',
    '0 13 * * * kubectl scale deployment/m-big --replicas=1',
    '0 8 * * * kubectl scale deployment/m-small-x --replicas=3',
    '0 20 * * * kubectl scale deployment/m-small-x --replicas=0',
    '',
  ])
})

test('a plan that says when it begins is turned to the clock: by day, and by day of the week', () => {
  const plan = day((hour) => (hour === 0 ? 3 : 0))
  const linesOf = (text: string) => text.split('\n').slice(5, -1)
  const text = crontabText({ ...plan, begin: '2026-11-18T09:30:00Z' }, types)
  expect(text).toContain('\n# window 0 begins at 2026-11-18T09:30:00Z\n')
  expect(linesOf(text)).toEqual([
    '28 21 * * * kubectl scale deployment/m-big --replicas=2',
    '30 22 * * * kubectl scale deployment/m-big --replicas=1',
    '30 9 * * * kubectl scale deployment/m-small-x --replicas=3',
    '30 10 * * * kubectl scale deployment/m-small-x --replicas=0',
  ])
  const week = day((hour) => (hour === 0 ? 3 : 0), true, 168)
  const wednesday = { ...week, begin: '2026-11-18T23:00:00Z' }
  const always = '0 23 * * 3 kubectl scale deployment/m-big --replicas=1'
  expect(linesOf(crontabText(wednesday, types)).slice(-2)).toEqual([
    '0 23 * * 3 kubectl scale deployment/m-small-x --replicas=3',
    '0 0 * * 4 kubectl scale deployment/m-small-x --replicas=0',
  ])
  const same = { ...wednesday, windows: week.windows.map((window) => ({ ...window, counts: [1, 1] })) }
  expect(linesOf(crontabText(same, types))[0]).toBe(always)
  const [, small] = parseAllDocuments(kedaText(wednesday, types)).map((document) => document.toJS())
  expect(small.spec.triggers[0].metadata).toMatchObject({ start: '0 23 * * 3', end: '0 0 * * 4' })
  expect(kedaText(wednesday, types)).toMatch(/^# m: .*a week\n# window 0 begins at 2026-11-18T23:00:00Z\n#/)
})

test('windows that begin inside a minute begin and end with it, so that none is short', () => {
  const plan = { ...day((hour) => (hour === 0 ? 3 : hour === 1 ? 1 : 0)), begin: '2026-11-18T09:29:59.900Z' }
  expect(crontabText(plan, types).split('\n').slice(7, -1)).toEqual([
    '29 9 * * * kubectl scale deployment/m-small-x --replicas=3',
    '30 10 * * * kubectl scale deployment/m-small-x --replicas=1',
    '30 11 * * * kubectl scale deployment/m-small-x --replicas=0',
  ])
})

test('an instance that would stop and start again within the start delay stays', () => {
  // big: 1 but 0 in the windows 8 and 9, with a delay of 90 s; then with one of two hours
  const plan = day(() => 2)
  const windows = plan.windows.map((window, hour) => ({
    ...window,
    counts: [hour === 8 || hour === 9 ? 0 : 1, 2],
  }))
  const linesOf = (startDelayS: number) =>
    crontabText({ ...plan, windows }, [{ ...types[0], startDelayS }, types[1]])
      .split('\n')
      .slice(5, -1)
  const small = '0 0 * * * kubectl scale deployment/m-small-x --replicas=2'
  expect(linesOf(90)).toEqual([
    '0 8 * * * kubectl scale deployment/m-big --replicas=0',
    '58 9 * * * kubectl scale deployment/m-big --replicas=1',
    small,
  ])
  const always = '0 0 * * * kubectl scale deployment/m-big --replicas=1'
  expect(linesOf(7200)).toEqual([always, small])
  expect(linesOf(100 * 3600)).toEqual([always, small])
})

test('no change of a type is at the same minute as another', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 24, maxLength: 24 }),
      fc.integer({ min: 0, max: 4 * 3600 }),
      (counts, startDelayS) => {
        const plan = day((hour) => counts[hour])
        const lines = crontabText(plan, [types[0], { ...types[1], startDelayS }]).split('\n')
        const changes = lines.flatMap((line) => {
          const [, minute, hour, count] = line.match(/^(\d+) (\d+) .*small-x --replicas=(\d+)$/) ?? []
          return minute === undefined
            ? []
            : [{ minute: 60 * Number(hour) + Number(minute), count: Number(count) }]
        })
        expect(new Set(changes.map(({ minute }) => minute)).size).toBe(changes.length)
        // at each minute as many run as the window needs, and a started instance has its delay
        const runningAt = (minute: number) => {
          const last = changes.findLast((change) => change.minute <= minute) ?? changes.at(-1)!
          return last.count
        }
        const delay = Math.ceil(startDelayS / 60)
        // one comparison by `expect`, which takes longer than the search
        const lacking: [hour: number, before: number][] = []
        for (let hour = 0; hour < 24; hour++)
          for (let before = 0; before <= delay; before++)
            if (!(runningAt((60 * hour - before + 1440) % 1440) >= counts[hour])) lacking.push([hour, before])
        expect(lacking).toEqual([])
      },
    ),
    { numRuns: 100 },
  )
})

test('refuses types whose Deployments would have one name', () => {
  const plan = { ...day(() => 1), types: ['cpu.small', 'cpu-small'] }
  expect(() => crontabText(plan, types)).toThrow(
    /emit: "cpu.small" and "cpu-small" would both be named m-cpu-small; rename one of the types/,
  )
})

test('KEDA gets a cron scaler for every stretch of time with instances', () => {
  const text = kedaText(
    day((hour) => (hour < 8 || hour >= 20 ? 0 : hour < 12 ? 2 : 3)),
    types,
  )
  const [big, small] = parseAllDocuments(text).map((document) => document.toJS())
  const trigger = (start: string, end: string, desiredReplicas: string) => ({
    type: 'cron',
    metadata: { timezone: 'UTC', start, end, desiredReplicas },
  })
  expect(small.metadata.name).toBe('m-small-x')
  expect(small.spec).toEqual({
    ...{ scaleTargetRef: { name: 'm-small-x' }, minReplicaCount: 0, maxReplicaCount: 3 },
    triggers: [trigger('0 8 * * *', '0 12 * * *', '2'), trigger('0 12 * * *', '0 20 * * *', '3')],
  })
  // the last stretch of a day ends where the first one begins
  expect(big.spec).toEqual({
    ...{ scaleTargetRef: { name: 'm-big' }, minReplicaCount: 1, maxReplicaCount: 2 },
    triggers: [trigger('58 11 * * *', '0 13 * * *', '2'), trigger('0 13 * * *', '58 11 * * *', '1')],
  })
})

test('KEDA keeps a count that stays as it is, and gets nothing for a type without instances', () => {
  const keda = (small: number) =>
    parseAllDocuments(
      kedaText(
        day(() => small),
        types,
      ),
    ).map((document) => document.toJS())
  const always = { timezone: 'UTC', start: '0 0 * * *', end: '59 23 * * *', desiredReplicas: '3' }
  expect(keda(3)[1].spec).toMatchObject({
    ...{ minReplicaCount: 3, maxReplicaCount: 3, triggers: [{ metadata: always }] },
  })
  expect(keda(0).map(({ metadata }) => metadata.name)).toEqual(['m-big'])
})

test('an autoscaler of KEDA changes large counts by small steps too, which the tolerance of a tenth would ignore', () => {
  const behaviorOf = (low: number, high: number) => {
    const text = kedaText(
      day((hour) => (hour < 12 ? low : high)),
      types,
    )
    const [, { spec }] = parseAllDocuments(text).map((document) => document.toJS())
    return spec.advanced?.horizontalPodAutoscalerConfig.behavior
  }
  /** The replicas that Kubernetes sets: it keeps the current ones where the ratio is near 1. */
  const replicas = (current: number, wanted: number, tolerance: number) =>
    Math.abs(1 - wanted / current) <= tolerance ? current : wanted
  for (const [low, high] of [
    [1, 9],
    [8, 9],
    [9, 10],
    [10, 11],
    [20, 21],
    [60, 65],
  ]) {
    const behavior = behaviorOf(low, high)
    expect(replicas(low, high, behavior?.scaleUp.tolerance ?? 0.1)).toBe(high)
    expect(replicas(high, low, behavior?.scaleDown.tolerance ?? 0.1)).toBe(low)
  }
  // older versions of KEDA have no tolerance: it is left out where it changes nothing
  expect([behaviorOf(1, 9), behaviorOf(12, 12)]).toEqual([undefined, undefined])
})

test('Sunday is day 0: the cron of KEDA has no day 7', () => {
  const week = { ...day((hour) => (hour === 0 ? 3 : 0), true, 168), begin: '2026-11-22T00:00:00Z' }
  expect(crontabText(week, types)).toContain('\n0 0 * * 0 kubectl scale deployment/m-small-x --replicas=3\n')
})

test('a week that does not say when it begins begins on Monday', () => {
  const text = crontabText(
    day((hour) => (hour < 24 ? 1 : 0), true, 168),
    types,
  )
  expect(text).toContain('\n# window 0 begins at Monday 00:00 UTC, as the plan does not say (--begin)\n')
  expect(text.split('\n').slice(-3, -1)).toEqual([
    '0 0 * * 1 kubectl scale deployment/m-small-x --replicas=1',
    '0 0 * * 2 kubectl scale deployment/m-small-x --replicas=0',
  ])
})

test('asks for --cycle alone where a plan of a day lacks nothing else', () => {
  expect(() =>
    crontabText(
      day(() => 1, false),
      types,
    ),
  ).toThrow(/covers 86400 s once; add --cycle if it repeats$/)
})

test.each([
  ['a plan that is no cycle', day(() => 1, false)],
  ['a cycle of another length', day(() => 1, true, 23)],
  ['a cycle of two days', day(() => 1, true, 48)],
  ['windows that split minutes', { ...day(() => 1, true, 2880), windowS: 30 }],
])('rejects %s', (_, plan) => {
  expect(() => crontabText(plan, types)).toThrow(/a schedule repeats every day or week/)
})

test('types that a plan never uses have no lines in a crontab, as they have no Deployment', () => {
  const text = crontabText(
    day(() => 0),
    types,
  )
  expect(text).toContain('deployment/m-big')
  expect(text).not.toContain('m-small-x')
})
