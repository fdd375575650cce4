import { describe, expect, test } from 'vitest'
import { readMix, writeMix } from '../../../src/files/tables/mix.ts'
import { publishedMix } from '../../../src/model/workload/published-mix.ts'
import { published, scratchFolder } from '../scratch.ts'

test('sizes and probabilities', async () => {
  const { write } = scratchFolder()
  expect(await readMix(write('m.csv', 'batch_size,probability\n1,0.25\n2.5,0\n4,7.5e-1\n'))).toEqual({
    batchSizes: Float64Array.of(1, 2.5, 4),
    probabilities: Float64Array.of(0.25, 0, 0.75),
  })
})

test('a mix with 15 digits sums closely enough', async () => {
  expect((await readMix(published('mix.csv'))).batchSizes).toHaveLength(100)
})

test('counts are any numbers, and become probabilities', async () => {
  const { write } = scratchFolder()
  expect(await readMix(write('m.csv', 'batch_size,count\n1,30\n2,0\n4,10\n'))).toEqual({
    batchSizes: Float64Array.of(1, 2, 4),
    probabilities: Float64Array.of(0.75, 0, 0.25),
  })
})

test.each([
  ['batch_size,count\n1,0\n', /m.csv: count: all counts are 0; count some queries/],
  ['batch_size,count\n1,1e308\n2,1e308\n', /m.csv: count: the sum is too large; divide all counts/],
  ['batch_size,count\n1,-3\n', /m.csv line 2: count: is "-3"; expected a number of queries >= 0/],
])('refuses the counts %j', async (content, message) => {
  const { write } = scratchFolder()
  await expect(readMix(write('m.csv', content))).rejects.toThrow(message)
})

test('a mix that could not be read again is not written', async () => {
  const { path, list } = scratchFolder()
  const mix = { batchSizes: Float64Array.of(1, 2), probabilities: Float64Array.of(Number.NaN, 1) }
  await expect(writeMix(path('m.csv'), mix)).rejects.toThrow(/^mix.probabilities\[0\]: is NaN/)
  expect(list()).toEqual([])
})

test('every bit is written', async () => {
  const { path } = scratchFolder()
  await writeMix(path('m.csv'), publishedMix())
  expect(await readMix(path('m.csv'))).toEqual(publishedMix())
})

describe('refuses', () => {
  const header = 'batch_size,probability'
  test.each([
    [
      'batch_size;probability\n1;0,5\n2;0,5\n',
      'm.csv line 2: has 2 columns, not 1; separate columns by commas instead of semicolons, and write numbers with a decimal point',
    ],
    [
      'batch_size\tprobability\n1\t1\n',
      'm.csv line 1: batch_size: the column is missing; separate columns by commas instead of tabs, and write numbers with a decimal point',
    ],
    [
      `${header}\n1,0.5\n2,0.4\n`,
      'm.csv: probability: the probabilities sum to 0.9; expected 1: divide each by the sum, or name the column count',
    ],
    [
      `${header}\n1,0.5\n2,0.500000002\n`,
      'm.csv: probability: the probabilities sum to 1.000000002; expected 1: divide each by the sum, or name the column count',
    ],
    [`${header}\n1,1.5\n2,-0.5\n`, 'm.csv line 2: probability: is "1.5"; expected a probability from 0 to 1'],
    [`${header}\n1,-0.5\n2,1\n`, 'm.csv line 2: probability: is "-0.5"; expected a probability from 0 to 1'],
    [
      `${header}\n1,"0,5"\n2,"0,5"\n`,
      'm.csv line 2: probability: is "0,5"; expected a probability from 0 to 1, with a decimal point and no commas or spaces: replace those in numbers',
    ],
    [`${header}\n1,\n2,1\n`, 'm.csv line 2: probability: is empty; expected a probability from 0 to 1'],
    [`${header}\n1,nan\n`, 'm.csv line 2: probability: is "nan"; expected a probability from 0 to 1'],
    [`${header}\n2,0.5\n1,0.5\n`, 'm.csv line 3: batch_size: 1 follows 2; expected sizes that increase'],
    [`${header}\n2,0.5\n2,0.5\n`, 'm.csv line 3: batch_size: 2 follows 2; expected sizes that increase'],
    [`${header}\n0,1\n`, 'm.csv line 2: batch_size: is "0"; expected a number of items > 0'],
    [
      'batch_size,share\n1,1\n',
      `m.csv line 1: probability: the column is missing; a header looks like ${header}`,
    ],
  ])('%j', async (text, message) => {
    const { write, refusal } = scratchFolder()
    expect(await refusal(readMix(write('m.csv', text)))).toEqual({ code: 'BAD_FILE', message })
  })
})
