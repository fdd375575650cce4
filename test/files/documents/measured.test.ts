import { expect, test } from 'vitest'
import { readMeasured } from '../../../src/files/documents/measured.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { scratchFolder } from '../scratch.ts'

const types = ['fast', 'slow', 'spare']
const space = {
  types: types.map((name) => ({ name, max: 3, pricePerHour: 1, slots: name === 'slow' ? 2 : 1 })),
  budgetPerHour: 9,
}
const workload = { ...smallWorkload(), model: 'm', qosMs: 10, percentile: 99 }

const search = {
  workload: { model: 'm', qosMs: 10, percentile: 99 },
  space: { types: [{ name: 'slow', slots: 2 }, { name: 'fast' }], budgetPerHour: 3 },
  evaluations: [
    { outcome: 'measured', counts: [2, 1], mean: 40, halfWidth: 1 },
    { outcome: 'refuted', counts: [3, 0], below: 12 },
  ],
}
const capacity = {
  ...{ model: 'm', qosMs: 10, percentile: 99, types: ['fast'], counts: [2] },
  results: [{ policy: 'priced', mean: 33 }],
}

test('reads what a search measured, in the order that is asked for', async () => {
  const { write } = scratchFolder()
  const path = write('search.json', JSON.stringify(search))
  expect(await readMeasured(path, workload, space)).toEqual([{ counts: [1, 2, 0], allowableQps: 40 }])
})

test('reads the first policy of a capacity', async () => {
  const { write } = scratchFolder()
  const path = write('capacity.json', JSON.stringify(capacity))
  expect(await readMeasured(path, workload, space)).toEqual([{ counts: [2, 0, 0], allowableQps: 33 }])
})

test('types without an instance may be unknown to the space, or have other slots there', async () => {
  const { write } = scratchFolder()
  const wide = { ...capacity, types: ['huge', 'fast', 'slow'], counts: [0, 2, 0], slots: [1, 1, 1] }
  const path = write('capacity.json', JSON.stringify(wide))
  expect(await readMeasured(path, workload, space)).toEqual([{ counts: [2, 0, 0], allowableQps: 33 }])
})

test.each([
  ['another model', { ...capacity, model: 'n' }, /model: measures "n"; expected "m"/],
  ['another target', { ...capacity, qosMs: 20 }, /qosMs: .* within 20 ms; the target is 10 ms/],
  [
    'another percentile',
    { ...capacity, percentile: 50 },
    /percentile: measures 50% in time; the target is 99%/,
  ],
  [
    'batches that the workload has not',
    { ...capacity, batching: { maxBatch: 10 } },
    /batching: measures other batches; fast serves one query at a time: measure with the same --batching/,
  ],
  [
    'other slots',
    { ...capacity, types: ['slow'] },
    /slots: has 1 for "slow"; the space has 2: measure with it, by --space/,
  ],
  ['an unknown type', { ...capacity, types: ['huge'] }, /has instances of "huge", which the space lacks/],
  ['too few counts', { ...capacity, counts: [] }, /counts: has 0 numbers; expected one for each of 1 type$/],
  ['no policy', { ...capacity, results: [] }, /results: .*expected a list of at least one policy/],
  ['another document', { servers: [] }, /model: is missing/],
  [
    'an evaluation without counts',
    { ...search, evaluations: [{ outcome: 'measured', mean: 1 }] },
    /evaluations\[0\]\.counts: is missing/,
  ],
])('rejects %s', async (_, document, message) => {
  const { write, refusal } = scratchFolder()
  const path = write('measured.json', JSON.stringify(document, null, 2))
  expect((await refusal(readMeasured(path, workload, space))).message).toMatch(message)
})
