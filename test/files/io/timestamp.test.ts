import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasZone, millisecondsBetween, parseTimestamp } from '../../../src/files/io/timestamp.ts'

const between = (from: string, to: string): number =>
  millisecondsBetween(parseTimestamp(from)!, parseTimestamp(to)!)

describe('a timestamp', () => {
  it('keeps all digits of its seconds', () => {
    expect(between('2023-11-16 18:17:03.9799600', '2023-11-16 18:17:04.0319600')).toBe(52)
    expect(between('2023-11-16 18:17:03.9799600', '2023-11-16 18:17:03.9799601')).toBe(1e-4)
    expect(between('2023-12-31 23:59:59.999999999', '2024-01-01 00:00:00')).toBe(1e-6)
  })

  it('means the same instant in every zone, UTC where it names none', () => {
    const same = [
      '2024-05-10 00:00:00.5',
      '2024-05-10T00:00:00.500Z',
      '2024-05-10 00:00:00.500000+00:00',
      '2024-05-10T02:30:00,5+02:30',
      '2024-05-09 17:00:00.5-0700',
      '2024-05-10 02:00:00.5+02',
      '2024-05-10 00:00:00.5 UTC',
    ]
    for (const text of same) expect(between(same[0], text)).toBe(0)
    expect(same.map((text) => hasZone(text))).toEqual(same.map((_, i) => i > 0))
    expect(hasZone('[2024-05-10T00:00:00.5Z]')).toBe(true)
    expect(hasZone('2024-05-10T00:00')).toBe(false)
  })

  it('agrees with Date', () => {
    const anyDate = fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(anyDate, (date) => {
        const { seconds, nanoseconds } = parseTimestamp(date.toISOString())!
        expect(seconds * 1000 + nanoseconds / 1e6).toBe(date.getTime())
      }),
    )
  })

  it('is nothing else', () => {
    const others = [
      '',
      'yesterday',
      '2023-02-29 00:00:00',
      '2023-13-01 00:00:00',
      '2023-00-10 00:00:00',
      '2023-01-01 24:00:00',
      '2023-01-01 00:60:00',
      '2023-01-01 00:00:60',
      '2023-01-01',
      '2023-01-01 00:00:00.',
      '2023-01-01 00:00:00.1234567890',
      '2023-1-1 0:0:0',
      '1700000000',
      '2023-01-01 00:00:00 CET',
      '2023-01-01 00:00:00+25:00',
      '2023-01-01 00:00:00+01:60',
      '0099-01-01 00:00:00',
    ]
    for (const text of others) expect(parseTimestamp(text)).toBeUndefined()
  })
})
