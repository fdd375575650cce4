import fc from 'fast-check'
import { writeToString } from 'fast-csv'
import { expect, test } from 'vitest'
import { csvText } from '../../src/model/csv.ts'

test('quotes cells that other programs would split, and leaves null bytes out', () => {
  const cells = ['plain', 'a,b', 'a|b', 'a"b', 'a\nb', 'a\rb', 'a\0b', 1.5, true, null, undefined]
  expect(csvText([cells])).toBe('plain,"a,b","a|b","a""b","a\nb","a\rb",ab,1.5,true,,\n')
})

test('writes what fast-csv writes', async () => {
  const cell = fc.oneof(fc.stringMatching(/^[a-z ,;|'"\r\n\0.-]{0,6}$/), fc.double(), fc.constant(null))
  const record = fc.array(cell, { minLength: 3, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 6 }), async (records) => {
      const text = await writeToString(records, { includeEndRowDelimiter: true })
      expect(csvText(records)).toBe(text)
    }),
    { numRuns: 200 },
  )
})
