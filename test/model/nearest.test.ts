import { expect, test } from 'vitest'
import { nearest } from '../../src/model/nearest.ts'

const WORDS = ['budget', 'bound', 'qosMs', 'percentile', 'rm2']

test.each([
  ['budgte', 'budget'],
  ['bugdet', 'budget'],
  ['buond', 'bound'],
  ['QOSMS', 'qosMs'],
  ['precentil', 'percentile'],
  ['rm', 'rm2'],
  ['rm3', 'rm2'],
])('%s is meant to be %s', (word, meant) => {
  expect(nearest(word, WORDS)).toBe(meant)
})

test.each(['', 'x', 'latency', 'bdgd'])('%j is close to none', (word) => {
  expect(nearest(word, WORDS)).toBeUndefined()
})

test('two letters that are swapped are one edit, others are two', () => {
  expect(nearest('xa', ['ax'])).toBe('ax')
  expect(nearest('qa', ['ax'])).toBeUndefined()
})
