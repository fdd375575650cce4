import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { publishedMix } from '../../../src/model/workload/published-mix.ts'

const golden = readFileSync(new URL('../../fixtures/hpdc23/mix.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(',').map(Number))

test('equals the mix that was computed independently, to 1e-12', () => {
  const { batchSizes, probabilities } = publishedMix()
  expect([...batchSizes]).toEqual(golden.map(([size]) => size))
  golden.forEach(([, probability], k) => {
    expect(Math.abs(probabilities[k] - probability)).toBeLessThan(1e-12)
  })
})

test('sums to 1', () => {
  expect(Math.abs(publishedMix().probabilities.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-14)
})
