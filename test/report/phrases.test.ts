import { expect, test } from 'vitest'
import { formatMoment } from '../../src/report/numbers.ts'
import { targetText } from '../../src/report/phrases.ts'

test.each([
  [undefined, '99% of queries within 25 ms'],
  [{ maxBatch: 1000 }, '99% of queries within 25 ms, in batches of up to 1,000'],
  [
    { maxBatch: { gpu: 640, cpu: 20 } },
    '99% of queries within 25 ms, in batches of up to 640 on gpu and 20 on cpu',
  ],
  [{ maxBatch: {} }, '99% of queries within 25 ms'],
])('batches %j beside the target', (batching, text) => {
  expect(targetText({ qosMs: 25, percentile: 99, batching })).toBe(text)
})

test.each([
  [0, '00:00'],
  [600, '00:10'],
  [93_600, '1 d 02:00'],
  [94_200, '1 d 02:10'],
  [3690, '01:01:30'],
  [0.5, '00:00:00.5'],
  [3599.9999, '01:00'],
])('%f s is %s', (seconds, text) => {
  expect(formatMoment(seconds)).toBe(text)
})
