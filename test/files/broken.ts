/**
 * A small valid file, broken at random: cut, with strange values, with lines and bytes that are missing, doubled or
 * exchanged. A reader takes what is left as valid, or refuses it with its place, and nothing else.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import { KairosError } from '../../src/model/errors.ts'

const STRANGE = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '-0',
    '1.5',
    '1e308',
    '1e999',
    '-1e999',
    '9007199254740993',
    '0x10',
    '1_000',
    '1,5',
  ],
  ...['NaN', 'Infinity', 'null', 'true', '[]', '{}', '""', '"', '\\', '\u0000', '\ufeff', '\ufffd'],
  ...['__proto__', 'constructor'],
]

interface Damage {
  readonly kind: 'cut' | 'value' | 'drop' | 'double' | 'swap' | 'insert' | 'erase'
  /** Where, as a share of the file. */
  readonly at: number
  readonly value: string
}

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('cut', 'value', 'value', 'value', 'drop', 'double', 'swap', 'insert', 'erase'),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  value: fc.oneof(fc.constantFrom(...STRANGE), fc.string({ maxLength: 3 })),
})

function damaged(text: string, { kind, at, value }: Damage): string {
  const place = Math.floor(at * text.length)
  if (kind === 'cut') return text.slice(0, place)
  if (kind === 'insert') return text.slice(0, place) + value + text.slice(place)
  if (kind === 'erase') return text.slice(0, place) + text.slice(place + 1)
  if (kind === 'value') {
    const values = [...text.matchAll(/"[^"]*"|[^\s,:{}[\]"]+/g)]
    const { index, 0: old } = values[Math.floor(at * values.length)] ?? { index: 0, 0: '' }
    return text.slice(0, index) + value + text.slice(index + old.length)
  }
  const all = text.split('\n')
  const line = Math.floor(at * all.length)
  if (kind === 'drop') return all.toSpliced(line, 1).join('\n')
  if (kind === 'double') return all.toSpliced(line, 0, all[line]).join('\n')
  const next = (line + 1) % all.length
  return all.with(line, all[next]).with(next, all[line]).join('\n')
}

/**
 * Reads a file as it is, then many broken versions of it; BROKEN_FILES says how many.
 *
 * @param read reads a text from a file, and throws where what it made of it is not valid
 * @param file the name of that file, which a refusal has to contain
 */
export async function readBroken(
  text: string,
  file: string,
  read: (text: string) => Promise<unknown>,
): Promise<void> {
  await read(text)
  let refused = 0
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 2 }), async (damages) => {
      try {
        await read(damages.reduce(damaged, text))
      } catch (error) {
        if (!(error instanceof KairosError)) throw error
        expect(error.message).toContain(`/${file}`)
        refused++
      }
    }),
    { numRuns: Number(process.env.BROKEN_FILES ?? 200) },
  )
  expect(refused).toBeGreaterThan(0)
}
