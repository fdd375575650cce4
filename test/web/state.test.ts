/** The question of the page as a command, and the configuration that is chosen. */
import { expect, test } from 'vitest'
import { chosenOf, commandOf, hasSameTables, listsAll, type State } from '../../src/web/state.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

const space = {
  types: [
    { name: 'fast', min: 1, max: 4, pricePerHour: 2 },
    { name: 'slow', min: 0, max: 4, pricePerHour: 1 },
  ],
  budgetPerHour: 5,
}
const state: State = { workload: smallWorkload(), space, shipped: 'small', givenSpace: space }
const edited = { ...space, types: space.types.map((type) => ({ ...type, max: 9 })) }
const batched = { ...smallWorkload(), batching: { maxBatch: 10 } }

test.each<[string, Partial<State>, string]>([
  ['some rows', { topN: 20 }, '--model small {} --top-n 20'],
  ['the rows that are listed by default', {}, '--model small {}'],
  ['a target among all rows', { all: true, targetQps: 40 }, '--model small {} --target-qps 40'],
  ['some of all rows', { all: true, topN: 5 }, '--model small {} --top-n 5'],
  ['all rows', { all: true }, '--model small {} --all'],
  ['the frontier', { pareto: true }, '--model small {} --pareto'],
  ['some rows of the frontier', { pareto: true, topN: 5 }, '--model small {} --top-n 5 --pareto'],
  ['a target', { topN: 3, targetQps: 40 }, '--model small {} --top-n 3 --target-qps 40'],
  ['a target with a spare', { targetQps: 40, spare: 1 }, '--model small {} --target-qps 40 --spare 1'],
  ['an edited space', { topN: 1, space: edited }, '--model small -s space.json {} --top-n 1'],
  ['one’s own workload', { topN: 1, shipped: undefined }, '-w workload.json -s space.json {} --top-n 1'],
  ['a largest batch', { topN: 1, workload: batched }, '--model small {} --top-n 1 --max-batch 10'],
  [
    'one’s own workload that batches',
    { topN: 1, shipped: undefined, workload: batched },
    '-w workload.json -s space.json {} --top-n 1',
  ],
])('the command of %s', (_, more, expected) => {
  const common = '--qos-ms 20 --percentile 99 --budget 5'
  expect(commandOf({ ...state, ...more })).toBe(`kairos-wasm allocate ${expected.replace('{}', common)}`)
})

test('every row is listed of the frontier, and where all are asked for, unless there is a number of rows', () => {
  expect([listsAll({ ...state, pareto: true }), listsAll({ ...state, all: true })]).toEqual([true, true])
  expect([listsAll(state), listsAll({ ...state, pareto: true, topN: 5 })]).toEqual([false, false])
})

test('a configuration stays chosen while it is in the space and within the budget', () => {
  const isChosen = (...counts: number[]) => chosenOf({ ...state, counts }) === counts
  // of $5: 2 x $2 and 1 x $1
  expect([isChosen(1, 0), isChosen(2, 1), isChosen(1, 3)]).toEqual([true, true, true])
  expect([isChosen(0, 1), isChosen(2, 2), isChosen(1, 5)]).toEqual([false, false, false])
  const rich = { ...space, budgetPerHour: 100 }
  const counts = [4, 4]
  expect(chosenOf({ ...state, space: rich, counts })).toBe(counts)
  expect(chosenOf({ ...state, space: rich, counts: [4, 5] })).toBeUndefined()
  expect(chosenOf(state)).toBeUndefined()
})

test('tables are those of a shipped workload if latency and mix are, whatever the target', () => {
  const { workload } = state
  expect(hasSameTables({ ...workload, qosMs: 50 }, workload)).toBe(true)
  expect(hasSameTables({ ...batched, qosMs: 50 }, workload)).toBe(true)
  const mix = { ...workload.mix, probabilities: Float64Array.of(0.25, 0.25, 0.5) }
  expect(hasSameTables({ ...workload, mix }, workload)).toBe(false)
  const byType = { ...workload, batching: { maxBatch: { fast: 10 } } }
  expect(hasSameTables(byType, workload)).toBe(false)
})
