import { expect, test } from 'vitest'
import { searchConfigurations } from '../../../src/allocate/search/search.ts'
import { space as buildSpace } from '../../../src/model/fleet/build-space.ts'
import { workload as buildWorkload } from '../../../src/model/workload/build-workload.ts'
import { SHORT } from './short-search.ts'

test('no higher target is called a lower one where a fleet sustains only rates above the target', async () => {
  // first come, first served: at low rates more queries start on the slow machine, which is late
  const slow = buildWorkload({
    latency: {
      fast: [
        [8, 3, 3],
        [14, 2, 6],
      ],
      slow: [
        [8, 30, 42],
        [14, 45, 45],
      ],
      middle: [
        [8, 4, 5],
        [14, 2, 3],
      ],
    },
    mix: { 8: 1, 14: 1 },
    qosMs: 25,
  })
  const types = {
    fast: { max: 3, pricePerHour: 0.333 },
    slow: { min: 1, max: 1, pricePerHour: 0.149 },
    middle: { max: 6, pricePerHour: 0.05 },
  }
  const { rows, infeasible } = await searchConfigurations({
    ...{ workload: slow, space: buildSpace({ types, budgetPerHour: 1.5 }), targetQps: 2000 },
    ...({ service: 'mean', arrivals: 'gamma', cv: 2, policy: 'fcfs', queries: 1000, repeats: 3 } as const),
    ...{ seed: 5, threads: 1 },
  })
  expect(rows).toEqual([])
  expect(infeasible).toEqual({
    limits: ['target'],
    message: expect.stringMatching(
      /^no configuration sustains 2000 q\/s, although one sustains [\d.]+ q\/s; try another policy$/,
    ),
    remedies: [],
  })
})

test('names a maximum of the space where a larger budget does not reach the target', async () => {
  const jobs = buildWorkload({ latency: { gpu: [[1, 10, 12]] }, mix: { 1: 1 }, qosMs: 50 })
  const shortOf = async (targetQps: number, budgetPerHour: number) => {
    const few = buildSpace({ types: { gpu: { max: 3, pricePerHour: 1 } }, budgetPerHour })
    const { infeasible } = await searchConfigurations({ workload: jobs, space: few, targetQps, ...SHORT })
    return infeasible?.message.replace(/[\d.]+ q/, '# q')
  }
  const lower = 'lower the target to # q/s, the most that was measured'
  const beyondAll =
    'all instances of the space together do not reach the target: raise a maximum of the space'
  expect(await shortOf(1000, 2)).toBe(`${lower}; ${beyondAll}`)
  expect(await shortOf(1000, 9)).toBe(`${lower}; ${beyondAll}`)
  // bounds of 300 and of 200 q/s reach these, which replays do not
  expect(await shortOf(299.9, 9)).toBe(`${lower}, or raise a maximum of the space`)
  expect(await shortOf(199.9, 2)).toBe(`${lower}, or raise the budget`)
})

test('names the rate that no configuration sustains after a loss', async () => {
  const jobs = buildWorkload({ latency: { gpu: [[1, 10, 12]] }, mix: { 1: 1 }, qosMs: 50 })
  const few = buildSpace({ types: { gpu: { max: 3, pricePerHour: 1 } }, budgetPerHour: 9 })
  // two instances are left, whose bound of 200 q/s replays do not reach
  const asked = { workload: jobs, space: few, targetQps: 199.9, spare: 1, ...SHORT }
  expect((await searchConfigurations(asked)).infeasible?.message).toBe(
    'no configuration sustains 199.9 q/s after the loss of one instance; lower the target, raise a maximum of the space, or spare fewer',
  )
})
