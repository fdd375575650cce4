/** Where values stand in JSON text: as a parser finds them, whatever the white space. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedMessage } from '../../../src/serve/protocols/fields.ts'
import {
  countValues,
  listRanges,
  objectRanges,
  parse,
  pieceRanges,
} from '../../../src/serve/protocols/json-ranges.ts'

const value = fc.oneof(
  { weight: 5, arbitrary: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
)
const space = fc.constantFrom('', ' ', '\r\n\t')

/** A list as text, with white space before and behind each comma. */
const listCase = fc
  .record({ values: fc.array(value, { maxLength: 20 }), before: space, behind: space })
  .map(({ values, before, behind }) => {
    const texts = values.map((one) => JSON.stringify(one))
    const json = Buffer.from(`[${behind}${texts.join(`${before},${behind}`)}${before}]`)
    return { values, texts, json, all: { from: 0, to: json.length } }
  })

function leavesOf(one: unknown): number {
  if (typeof one !== 'object' || one === null) return 1
  return Object.values(one).reduce((sum: number, inner) => sum + leavesOf(inner), 0)
}

test('the values of a list are counted, and found where they stand', () => {
  fc.assert(
    fc.property(listCase, ({ values, texts, json, all }) => {
      expect(countValues(json, all)).toEqual({
        count: values.length,
        isNested: values.some((one) => Array.isArray(one)),
        leaves: leavesOf(values),
      })
      expect(listRanges(json, all).map(({ from, to }) => json.toString('utf8', from, to))).toEqual(texts)
    }),
  )
})

test('the pieces of a list are its values, and what stands between them', () => {
  fc.assert(
    fc.property(
      listCase,
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      ({ values, json, all }, sizes) => {
        const ends: number[] = []
        for (let end = 0; end < values.length; ) {
          end = Math.min(values.length, end + sizes.next().value)
          ends.push(end)
        }
        const pieces = pieceRanges(json, all, ends).map(({ from, to }) => json.toString('utf8', from, to))
        expect(pieces).toHaveLength(ends.length)
        const own = ends.map((end, i) => values.slice(ends[i - 1] ?? 0, end))
        expect(pieces.map((piece) => JSON.stringify(JSON.parse(`[${piece}]`)))).toEqual(
          own.map((some) => JSON.stringify(some)),
        )
      },
    ),
  )
})

test.each([
  ...['[1', '[1,', '[1,2', '[1,,2]', '[1,2,]', '[1, ]', '[1 2]', '[1 23]', '[1;2]', '[1,2}', '[[1,2}'],
  ...['[{"a":1,2}]', '[{"a";1}]', '[{1:2}]', '[[1 23]]', '[1] 2'],
])('%s is no list', (text) => {
  const json = Buffer.from(text)
  expect(() => countValues(json, { from: 0, to: json.length })).toThrow(MalformedMessage)
})

test.each(['[]', '{}', '[1]', '{"a":1}'])('%s is not parsed, since it may be large', (text) => {
  const json = Buffer.from(text)
  expect(() => parse(json, { from: 0, to: json.length })).toThrow(MalformedMessage)
})

test('an object may have 65,536 keys, and a list as many values that are kept', () => {
  const listOf = (length: number) => JSON.stringify(Array.from({ length }, (_, i) => i))
  const objectOf = (length: number) => `{${Array.from({ length }, (_, i) => `"${i}":1`).join()}}`
  for (const [textOf, rangesOf] of [
    [listOf, listRanges],
    [objectOf, objectRanges],
  ] as const) {
    const found = (length: number) => {
      const json = Buffer.from(textOf(length))
      return [...rangesOf(json, { from: 0, to: json.length })]
    }
    expect(found(65_536)).toHaveLength(65_536)
    expect(() => found(65_537)).toThrow(MalformedMessage)
  }
})
