import { expect, test } from 'vitest'
import { counted } from '../../src/model/counted.ts'

test.each([
  [0, '0 starts'],
  [1, '1 start'],
  [1200, '1,200 starts'],
])('writes %i with the noun in its number', (count, text) => {
  expect(counted(count, 'start')).toBe(text)
})

test('takes an irregular plural', () => {
  expect(counted(1, 'query', 'queries')).toBe('1 query')
  expect(counted(2, 'query', 'queries')).toBe('2 queries')
})
