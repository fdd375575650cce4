import { describe, expect, it } from 'vitest'
import { readBroken } from '../../broken.ts'
import { convert, nothing } from '../convert.ts'

const AZURE_FUNCTIONS = `app,func,end_timestamp,duration
a1,f1,5160.142570018768,0.134
a2,f1,5161.280997037888,0.013
a2,f2,5201.5,42.356
a3,f1,5219.518173933029,0
`

describe('a trace of Azure Functions', () => {
  it('arrives at its ends minus its durations, sorted after', async () => {
    const { arrivals, sizes, report } = await convert(AZURE_FUNCTIONS, { format: 'azure-functions' })
    // 5201.5 - 42.356 = 5159.144 is the first
    const expected = [
      0,
      5160.008570018768 - 5159.144,
      5161.267997037888 - 5159.144,
      5219.518173933029 - 5159.144,
    ]
    expect(arrivals[0]).toBe(0)
    expect(arrivals).toEqual(expected.map((seconds) => expect.closeTo(1000 * seconds, 6)))
    expect(sizes).toEqual([1, 1, 1, 1])
    expect(report).toEqual({ ...nothing, rows: 4, kept: 4, outOfOrder: 1, lastLineOpen: false })
  })

  it('has its durations for sizes where they are asked for', async () => {
    const { sizes } = await convert(AZURE_FUNCTIONS, { format: 'azure-functions', size: 'duration' })
    expect(sizes).toEqual([42_356, 134, 13, 1])
  })

  it.each([
    [
      'a bad end',
      AZURE_FUNCTIONS.replace('5201.5', 'x'),
      /line 4: end_timestamp: is "x"; expected a number of seconds$/,
    ],
    [
      'a negative duration',
      AZURE_FUNCTIONS.replace('0.013', '-1'),
      /line 3: duration: is "-1"; expected a number of seconds >= 0$/,
    ],
  ])('is refused with %s', async (_, content, message) => {
    const refused = convert(content, { format: 'azure-functions' })
    await expect(refused).rejects.toMatchObject({ code: 'BAD_FILE', message: expect.stringMatching(message) })
  })

  it('is taken or refused, however it is broken', async () => {
    await readBroken(AZURE_FUNCTIONS, 'foreign', (text) =>
      convert(text, { format: 'azure-functions', size: 'duration' }),
    )
  })
})
