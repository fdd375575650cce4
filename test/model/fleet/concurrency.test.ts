import { expect, test } from 'vitest'
import { deriveProfile } from '../../../src/bound/closed-form.ts'
import { fluidBound } from '../../../src/bound/fluid.ts'
import { checkSlots } from '../../../src/model/fleet/concurrency.ts'
import { generateTrace } from '../../../src/model/trace/generate-trace.ts'
import { replay } from '../../../src/replay/replay.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const small = smallWorkload()
const taken = (concurrency: number[]) => ({
  ...small,
  latency: { ...small.latency, concurrency: Float64Array.from(concurrency) },
})
const FAULT =
  'types[1].slots: is 1 for slow, whose latency table was taken at concurrency 4; give slots: 4, or a table of slow that was taken at concurrency 1'

test('a table that does not say its concurrency fits any slots', () => {
  expect(() => checkSlots(small.latency, ['slow', 'fast'], [3, 5])).not.toThrow()
  expect(() => checkSlots(taken([0, 4]).latency, ['slow', 'fast'], [4, 9])).not.toThrow()
})

test('fewer or more slots than the concurrency of a table are refused', () => {
  for (const slots of [3, 9]) {
    expect(() => checkSlots(taken([0, 4]).latency, ['slow'], [slots])).toThrow(
      `types[0].slots: is ${slots} for slow, whose latency table was taken at concurrency 4; give slots: 4`,
    )
  }
})

test('slots that are null are refused', () => {
  const slots = [3, null as never]
  expect(() => checkSlots(small.latency, ['slow', 'fast'], slots)).toThrow('slots[1]: is null for fast')
})

test('bounds and replays refuse a table that was taken at another concurrency', () => {
  const workload = taken([1, 4])
  const { types } = workload.latency
  const trace = generateTrace({ arrivals: 'poisson', queries: 10, rate: 10, mix: small.mix, seed: 1 })
  const space = { types: types.map((name) => ({ name, max: 1, pricePerHour: 1 })), budgetPerHour: 2 }
  const all = [
    () => fluidBound(workload, types, [1, 1]),
    () => deriveProfile(workload, space),
    () => replay({ workload, types, counts: [1, 1], policy: 'fcfs', trace }),
  ]
  for (const call of all) expect(call).toThrow(FAULT)
  const slots = [1, 4]
  expect(fluidBound(workload, types, [1, 1], { slots })).toBeGreaterThan(0)
  const { instanceType } = replay({ workload, types, counts: [1, 1], slots, policy: 'fcfs', trace })
  expect([...instanceType]).toEqual([0, 1, 1, 1, 1])
})

test('slots that are no array', () => {
  for (const slots of [null, 4, { fast: 4 }]) {
    expect(() => checkSlots(small.latency, ['fast', 'slow'], slots as never)).toThrow(
      /slots: is .*; one number for each type is expected/,
    )
  }
})
