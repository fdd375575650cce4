import { expect, test } from 'vitest'
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
