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

test.each([
  ['c', ['a', 'b']],
  ['', ['a']],
])('%j is close to no other name of one letter', (word, words) => {
  expect(nearest(word, words)).toBeUndefined()
})

test('a name of one letter is close to itself in another case, and to one that has a letter more', () => {
  expect(nearest('A', ['b', 'a'])).toBe('a')
  expect(nearest('a', ['b', 'ab'])).toBe('ab')
})

test('two letters that are swapped are one edit, others are two', () => {
  expect(nearest('xa', ['ax'])).toBe('ax')
  expect(nearest('qa', ['ax'])).toBeUndefined()
})
