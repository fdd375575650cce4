import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { createDispatcher } from '../../src/dispatch/dispatcher.ts'
import type { Policy } from '../../src/dispatch/policy.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

loadKernel('wasm')
const workload = smallWorkload()
const { types, batchSizes } = workload.latency
const bins = batchSizes.length

const own = (rule: unknown): Policy => ({
  name: 'own',
  summary: 'of a test',
  prepare: () => () => rule as never,
})
const start = (rule: unknown) =>
  createDispatcher({ workload, types, counts: types.map(() => 1), policy: own(rule) })

const partition = {
  kind: 'partition',
  groupOfType: new Float64Array(types.length),
  groupOfBin: new Float64Array(bins),
}

test.each([
  ['nothing', undefined, /policy: own gives no rule; prepare returns a function/],
  ['an unknown kind', { kind: 'best' }, /policy: own gives the kind "best"; .* fcfs, matching/],
  [
    'a list of numbers',
    { ...partition, groupOfBin: [0, 1] },
    /policy: own gives a rule whose groupOfBin is no Float64Array; a Float64Array of \d+ is expected/,
  ],
  [
    'an array of another length',
    { ...partition, groupOfBin: new Float64Array(bins + 1) },
    new RegExp(`groupOfBin has ${bins + 1} numbers; a Float64Array of ${bins} is expected`),
  ],
  [
    'an array of one number',
    { ...partition, groupOfBin: new Float64Array(1) },
    new RegExp(`groupOfBin has 1 number; a Float64Array of ${bins} is expected`),
  ],
  ['a target that is not a number', { kind: 'deadline', qosMs: Number.NaN }, /whose qosMs is NaN; a number/],
])('refuses a policy that gives %s', (_what, rule, message) => {
  expect(() => start(rule)).toThrow(message)
})

test('refuses a policy whose prepare gives a rule instead of a function', () => {
  const policy = { name: 'own', summary: 'of a test', prepare: () => partition as never }
  expect(() => createDispatcher({ workload, types, counts: types.map(() => 1), policy })).toThrow(
    /policy: own gives no function; prepare returns a function, which returns a rule: fcfs, matching/,
  )
})

test('takes a rule with an array for each type and each bin', () => {
  const dispatcher = start(partition)
  dispatcher.arrive(7, 0, 0)
  expect(dispatcher.decide(0)).toEqual([{ query: 7, instance: 0 }])
})

test('takes arrays of another realm, as a test runner with its own globals makes them', () => {
  const groupOf = (length: number): Float64Array => runInNewContext(`new Float64Array(${length})`)
  const groupOfBin = groupOf(bins)
  expect(groupOfBin).not.toBeInstanceOf(Float64Array)
  const dispatcher = start({ ...partition, groupOfType: groupOf(types.length), groupOfBin })
  dispatcher.arrive(1, 0, 0)
  expect(dispatcher.decide(0)).toEqual([{ query: 1, instance: 0 }])
})
