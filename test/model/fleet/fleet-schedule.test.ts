import { expect, test } from 'vitest'
import {
  checkPlannedCounts,
  mostPlanned,
  plannedFleets,
  plannedServers,
} from '../../../src/model/fleet/fleet-schedule.ts'
import type { FleetSchedule } from '../../../src/model/fleet/plan.ts'

const schedule = (counts: number[][], startDelayS: number[], cyclic = false): FleetSchedule => ({
  ...{ types: ['a', 'b'], windowS: 10, counts, cyclic },
  ...{ pricePerHour: [1, 1], startDelayS, startFee: [0, 0] },
})

function take(of: FleetSchedule, most: number, fromS?: number) {
  const seen: [number, string, string][] = []
  for (const { atS, serving, starting } of plannedFleets(of, fromS)) {
    seen.push([atS, serving.join(), starting.join()])
    if (seen.length === most) break
  }
  return seen
}

test('instances start their delay ahead of the window in which they serve', () => {
  const counts = [
    [1, 0],
    [1, 2],
    [3, 0],
  ]
  expect(take(schedule(counts, [4, 13]), 9)).toEqual([
    [0, '1,0', '0,2'],
    [10, '1,2', '0,0'],
    [16, '1,2', '2,0'],
    [20, '3,0', '0,0'],
  ])
})

test('states are in the order of time, whichever type starts first', () => {
  const counts = [
    [0, 0],
    [1, 1],
  ]
  expect(take(schedule(counts, [2, 6]), 9)).toEqual([
    [0, '0,0', '0,0'],
    [4, '0,0', '0,1'],
    [8, '0,0', '1,1'],
    [10, '1,1', '0,0'],
  ])
})

test('without delays nothing is ever starting', () => {
  expect(
    take(
      schedule(
        [
          [1, 0],
          [2, 1],
        ],
        [0, 0],
      ),
      9,
    ),
  ).toEqual([
    [0, '1,0', '0,0'],
    [10, '2,1', '0,0'],
  ])
})

test('a cycle starts ahead of its own begin, again and again', () => {
  const cycle = schedule(
    [
      [2, 0],
      [1, 0],
    ],
    [5, 0],
    true,
  )
  expect(take(cycle, 6)).toEqual([
    [0, '2,0', '0,0'],
    [10, '1,0', '0,0'],
    [15, '1,0', '1,0'],
    [20, '2,0', '0,0'],
    [30, '1,0', '0,0'],
    [35, '1,0', '1,0'],
  ])
})

test.each([
  ['within a window', 12, [12, '2,0', '0,0']],
  ['while an instance starts', 7, [7, '1,0', '1,0']],
  ['after the last window', 95, [95, '2,0', '0,0']],
])('begins %s', (_, fromS, first) => {
  expect(
    take(
      schedule(
        [
          [1, 0],
          [2, 0],
        ],
        [4, 0],
      ),
      1,
      fromS,
    ),
  ).toEqual([first])
})

test('has most instances of each type in windows of their own', () => {
  expect(
    mostPlanned({
      types: ['a', 'b'],
      counts: [
        [1, 4],
        [3, 0],
        [2, 2],
      ],
    }),
  ).toEqual([3, 4])
})

test('takes the first servers of each type', () => {
  const servers = ['a', 'b', 'a', 'c', 'a', 'b'].map((type, i) => ({ type, i }))
  expect(plannedServers(servers, ['a', 'b'], [2, 1]).map(({ i }) => i)).toEqual([0, 1, 2])
  expect(() => plannedServers(null as never, ['a'], [1])).toThrow('servers: is null; a list is expected')
  expect(() => plannedServers(servers, ['a'], [5n as never])).toThrow('counts[0]: is 5 for a; a whole number')
})

test.each([
  ['windows without a length', { windowS: 0 }, 0, /schedule\.windowS: is 0; a number of seconds > 0/],
  [
    'a delay of one number',
    { startDelayS: 4 as never },
    0,
    /schedule\.startDelayS: is 4; one for each of a, b/,
  ],
  ['a time that is not a number', {}, Number.NaN, /fromS: is NaN; a number of seconds >= 0 is expected/],
])('refuses %s', (_what, wrong, fromS, message) => {
  expect(() => plannedFleets({ ...schedule([[1, 0]], [0, 0]), ...wrong }, fromS)).toThrow(message)
})

test('a start delay that is longer than the plan is looked at only until its end', () => {
  expect(
    take(
      schedule(
        [
          [1, 0],
          [1, 2],
        ],
        [0, 9_000_000],
      ),
      9,
    ),
  ).toEqual([
    [0, '1,0', '0,2'],
    [10, '1,2', '0,0'],
  ])
})

test('a window has at most so many instances, or slots where they are counted', () => {
  const counts = [
    [1, 0],
    [6, 4],
  ]
  expect(() => checkPlannedCounts({ counts }, 10)).not.toThrow()
  expect(() => checkPlannedCounts({ counts }, 9)).toThrow(
    'schedule.counts[1]: are 10 instances; at most 9 are possible: lower the counts of this window',
  )
  expect(() => checkPlannedCounts({ counts }, 18, [1, 3])).not.toThrow()
  expect(() => checkPlannedCounts({ counts }, 17, [1, 3])).toThrow('schedule.counts[1]: are 18 slots;')
})
