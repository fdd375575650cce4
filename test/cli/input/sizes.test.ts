import { expect, test } from 'vitest'
import { sizesOf } from '../../../src/cli/input/sizes.ts'

test.each([
  ['1,2,10-30/10', [1, 2, 10, 20, 30]],
  ['3-5', [3, 4, 5]],
  ['5,1,5', [1, 5]],
  ['100-108/2%', [100, 103, 106, 108]],
  ['1-10/4', [1, 5, 9]],
  ['200-230/2.5%', [200, 206, 212, 218, 224, 230]],
  ['7-7', [7]],
  ['1-8/0', undefined],
  ['1-8/0%', undefined],
  ['7/2', undefined],
  ['1-10/1.5', undefined],
  ['0.5', undefined],
  ['x', undefined],
])('%s', (text, sizes) => {
  if (sizes === undefined) expect(() => sizesOf(text)).toThrow(/Expected whole numbers and ranges/)
  else expect(sizesOf(text)).toEqual(sizes)
})

test.each(['1,64-2', '64-2/2%'])('%s runs backwards', (text) => {
  expect(() => sizesOf(text)).toThrow('The range 64-2 runs backwards: write 2-64.')
})

test('a range has at most 10,000 sizes', () => {
  expect(sizesOf('1-10000')).toHaveLength(10_000)
  expect(() => sizesOf('1-10001')).toThrow('Expected at most 10,000 sizes.')
})

test('in steps of a percentage no size is rounded up by more', () => {
  const sizes = sizesOf('1-5000/2%')
  expect(sizes[0]).toBe(1)
  expect(sizes.at(-1)).toBe(5000)
  for (let size = 1; size <= 5000; size++) {
    expect(sizes.find((bin) => bin >= size)! / size).toBeLessThanOrEqual(1.02)
  }
  expect(sizes.length).toBeLessThan(300)
})
