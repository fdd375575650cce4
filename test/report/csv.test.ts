import { expect, test } from 'vitest'
import { csvText } from '../../src/report/csv.ts'

test('quotes cells that other programs would split, and leaves null bytes out', () => {
  const cells = ['plain', 'a,b', 'a|b', 'a"b', 'a\nb', 'a\rb', 'a\0b', 1.5, true, null, undefined]
  expect(csvText([cells])).toBe('plain,"a,b","a|b","a""b","a\nb","a\rb",ab,1.5,true,,\n')
})
