import { describe, expect, it } from 'vitest'
import { readBroken } from '../../broken.ts'
import { convert, nothing } from '../convert.ts'

const MOONCAKE = `{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}
{"timestamp": 0, "input_length": 7322, "output_length": 490, "hash_ids": []}

{"timestamp": 3052.5, "input_length": 12, "output_length": 794}`

describe('a Mooncake trace', () => {
  it('is one object a line', async () => {
    expect(await convert(MOONCAKE, { format: 'mooncake' })).toEqual({
      arrivals: [0, 0, 3052.5],
      sizes: [6758, 7322, 12],
      report: { ...nothing, rows: 3, kept: 3, lastLineOpen: false },
    })
    expect((await convert(MOONCAKE, { format: 'mooncake', size: 'sum' })).sizes).toEqual([7258, 7812, 806])
  })

  it('may have lengths of null, which --drop leaves out', async () => {
    const text = MOONCAKE.replace('"input_length": 12', '"input_length": null')
    await expect(convert(text, { format: 'mooncake' })).rejects.toThrow(
      /line 4: input_length: is empty; drop such rows \(--drop empty\)/,
    )
    const { sizes, report } = await convert(text, { format: 'mooncake', drop: ['empty'] })
    expect([sizes, report.droppedEmpty]).toEqual([[6758, 7322], 1])
  })

  it.each([
    [
      'a broken object',
      MOONCAKE.slice(0, -2),
      /line 4: is not a JSON object, or was cut; expected a JSON object on each line/,
    ],
    ['a number', '5\n', /line 1: is not a JSON object/],
    [
      'a missing key',
      MOONCAKE.replace('"input_length": 12, ', ''),
      /line 4: input_length: is missing; expected a whole number of tokens/,
    ],
    [
      'a text for a time',
      MOONCAKE.replace('3052.5', '"soon"'),
      /line 4: timestamp: is "soon"; expected a number of milliseconds$/,
    ],
    [
      'a number beyond all numbers',
      MOONCAKE.replace('3052.5', '1e400'),
      /line 4: timestamp: is Infinity; expected a number of milliseconds$/,
    ],
    // alibaba-edu/qwen-bailian-usagetraces-anon, README.md: times in seconds
    [
      'a line of Qwen-Bailian',
      '{"chat_id": 159, "parent_chat_id": 55, "timestamp": 61.114, "input_length": 521, "output_length": 132, "type": "text", "turn": 2, "hash_ids": [1089]}',
      /line 1: parent_chat_id: is a field of Qwen-Bailian traces, not of Mooncake; their times are seconds: read them by jsonl --map arrival=timestamp,size=input_length --unit s$/,
    ],
    ['a line without end', 'x'.repeat(2 << 20), /line 1: is longer than 1048576 characters/],
  ])('is refused with %s', async (_, content, message) => {
    const refused = convert(content, { format: 'mooncake' })
    await expect(refused).rejects.toMatchObject({ code: 'BAD_FILE', message: expect.stringMatching(message) })
  })

  it('can be aborted', async () => {
    const aborted = convert(MOONCAKE, { format: 'mooncake', signal: AbortSignal.abort() })
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('is taken or refused, however it is broken', async () => {
    await readBroken(MOONCAKE, 'foreign', (text) => convert(text, { format: 'mooncake' }))
  })
})
