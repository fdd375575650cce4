import { expect, test } from 'vitest'
import { reachesBound } from '../../src/replay/interval.ts'

test.each([
  ['includes 1', { mean: 0.98, halfWidth: 0.03 }, true],
  ['ends below 1', { mean: 0.96, halfWidth: 0.03 }, false],
  ['is as wide as it may be', { mean: 0.96, halfWidth: 0.05 }, true],
  ['is wide', { mean: 0.98, halfWidth: 0.607 }, false],
  ['is wide around more than 1', { mean: 1.02, halfWidth: 0.2 }, false],
  ['is missing, as there is one repetition, with less than 1', { mean: 0.99, halfWidth: Infinity }, false],
  ['is missing, with 1', { mean: 1, halfWidth: Infinity }, true],
])('whether a share reaches the bound, where its interval %s', (_, share, expected) => {
  expect(reachesBound(share)).toBe(expected)
})
