import { expect, test } from 'vitest'
import { readMeasured } from '../../../src/files/documents/measured.ts'
import { scratchFolder } from '../scratch.ts'

const types = ['fast', 'slow', 'spare']

const search = {
  workload: { model: 'm', qosMs: 10, percentile: 99 },
  space: { types: [{ name: 'slow' }, { name: 'fast' }], budgetPerHour: 3 },
  evaluations: [
    { outcome: 'measured', counts: [2, 1], mean: 40, halfWidth: 1 },
    { outcome: 'refuted', counts: [3, 0], below: 12 },
  ],
}
const capacity = { model: 'm', types: ['fast'], counts: [2], results: [{ policy: 'priced', mean: 33 }] }

test('reads what a search measured, in the order that is asked for', async () => {
  const { write } = scratchFolder()
  const path = write('search.json', JSON.stringify(search))
  expect(await readMeasured(path, 'm', types)).toEqual([{ counts: [1, 2, 0], allowableQps: 40 }])
})

test('reads the first policy of a capacity', async () => {
  const { write } = scratchFolder()
  const path = write('capacity.json', JSON.stringify(capacity))
  expect(await readMeasured(path, 'm', types)).toEqual([{ counts: [2, 0, 0], allowableQps: 33 }])
})

test.each([
  ['another model', { ...capacity, model: 'n' }, /model: measures "n"; expected "m"/],
  ['an unknown type', { ...capacity, types: ['huge'] }, /has instances of "huge", which the space lacks/],
  ['too few counts', { ...capacity, counts: [] }, /counts: has 0 counts; expected one for each of 1 types/],
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
  expect((await refusal(readMeasured(path, 'm', types))).message).toMatch(message)
})
