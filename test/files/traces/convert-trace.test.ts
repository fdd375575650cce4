import { describe, expect, it } from 'vitest'
import { type ConvertTraceOptions, convertTrace } from '../../../src/files/traces/convert-trace.ts'
import { parseColumnMap } from '../../../src/files/traces/mapped-csv.ts'
import { readTrace, writeTrace } from '../../../src/files/traces/trace-csv.ts'
import { TRACE_FORMATS } from '../../../src/files/traces/trace-format.ts'
import { drawBatchSizes } from '../../../src/model/generate-trace.ts'
import { checkTrace, rateOf } from '../../../src/model/trace.ts'
import { temporaryFile } from '../temporary-folder.ts'

const AZURE_LLM = `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
2023-11-16 18:17:04.0781490,110,27
2023-11-16 18:17:33.4590290,1555,19`

const AZURE_LLM_2024 = `TIMESTAMP,ContextTokens,GeneratedTokens
2024-05-10 00:00:00.009930+00:00,2162,5
2024-05-10 00:00:01+00:00,2399,6
`

const AZURE_FUNCTIONS = `app,func,end_timestamp,duration
a1,f1,5160.142570018768,0.134
a2,f1,5161.280997037888,0.013
a2,f2,5201.5,42.356
a3,f1,5219.518173933029,0
`

const BURSTGPT = `Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,1087,230,1317,Conversation log
118.5,GPT-4,417,0,417,API log
`

const BURSTGPT_3 = `Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
19440110.0,1722ac82,43,GPT-4,906,446,1352,Conversation log
19440161.0,d5983bf9,2,ChatGPT,36,29,65,Conversation log
`

const MOONCAKE = `{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]}
{"timestamp": 0, "input_length": 7322, "output_length": 490, "hash_ids": []}

{"timestamp": 3052.5, "input_length": 12, "output_length": 794}`

const nothing = { clamped: 0, droppedZero: 0, droppedBeyond: 0, outsideWindow: 0, outOfOrder: 0 }

async function convert(content: string, options: Omit<ConvertTraceOptions, 'path'>) {
  const path = await temporaryFile('foreign', content)
  const { trace, report } = await convertTrace({ ...options, path })
  expect(() => checkTrace(trace)).not.toThrow()
  const { rows, kept, droppedZero, droppedBeyond, outsideWindow } = report
  expect(kept + droppedZero + droppedBeyond + outsideWindow).toBe(rows)
  expect(trace.arrivalMs.length).toBe(kept)
  return { arrivals: [...trace.arrivalMs], sizes: [...trace.batchSize], report }
}

describe('a trace of Azure LLM inference', () => {
  it('comes with seven decimals and no newline at its end', async () => {
    expect(await convert(AZURE_LLM, { format: 'azure-llm' })).toEqual({
      arrivals: [0, 52, 98.189, 29479.069],
      sizes: [4808, 3180, 110, 1555],
      report: { ...nothing, rows: 4, kept: 4, lastLineOpen: true },
    })
  })

  it('of 2024 has a zone, and seconds without decimals', async () => {
    const { arrivals } = await convert(AZURE_LLM_2024, { format: 'azure-llm' })
    expect(arrivals).toEqual([0, 990.07])
  })

  it('has sizes of its generated tokens, or of all', async () => {
    const generated = await convert(AZURE_LLM, { format: 'azure-llm', size: 'generated' })
    expect(generated.sizes).toEqual([10, 8, 27, 19])
    expect((await convert(AZURE_LLM, { format: 'azure-llm', size: 'sum' })).sizes[0]).toBe(4818)
  })
})

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
})

describe('a BurstGPT trace', () => {
  it('counts seconds', async () => {
    const { arrivals, sizes } = await convert(BURSTGPT, { format: 'burstgpt' })
    expect([arrivals, sizes]).toEqual([
      [0, 40_000, 113_500],
      [472, 1087, 417],
    ])
    expect((await convert(BURSTGPT_3, { format: 'burstgpt', size: 'sum' })).sizes).toEqual([1352, 65])
  })

  it('has failed requests, of no response tokens', async () => {
    const generated = { format: 'burstgpt', size: 'generated' } as const
    await expect(convert(BURSTGPT, generated)).rejects.toThrow(
      /foreign line 4: Response tokens: is a size of 0; drop such rows, or take the size from elsewhere$/,
    )
    const { sizes, report } = await convert(BURSTGPT, { ...generated, drop: ['zero'] })
    expect(sizes).toEqual([18, 230])
    expect(report).toMatchObject({ rows: 3, kept: 2, droppedZero: 1 })
  })
})

describe('a Mooncake trace', () => {
  it('is one object a line', async () => {
    expect(await convert(MOONCAKE, { format: 'mooncake' })).toEqual({
      arrivals: [0, 0, 3052.5],
      sizes: [6758, 7322, 12],
      report: { ...nothing, rows: 3, kept: 3, lastLineOpen: false },
    })
    expect((await convert(MOONCAKE, { format: 'mooncake', size: 'sum' })).sizes).toEqual([7258, 7812, 806])
  })
})

describe('any CSV file', () => {
  const map = { arrival: 'when', size: 'how many' }

  it.each([
    ['ms', '10.5', '11', 0.5],
    ['s', '10.5', '11', 500],
    ['us', '1700000000000000', '1700000000000500', 0.5],
    ['iso', '2024-02-29T12:00:00Z', '2024-02-29T13:00:00.25+01:00', 250],
  ] as const)('is read by its columns, in %s', async (unit, first, second, expected) => {
    const { arrivals, sizes } = await convert(`id,how many,when\n1,7,${first}\n2,9,${second}\n`, {
      format: 'csv',
      map,
      unit,
    })
    expect([arrivals, sizes]).toEqual([
      [0, expected],
      [7, 9],
    ])
  })

  it('may have another separator', async () => {
    const { sizes } = await convert('when;how many\n1;7\n', { format: 'csv', map, delimiter: ';' })
    expect(sizes).toEqual([7])
    await expect(convert('when|how many\n1|"7\n', { format: 'csv', map, delimiter: '|' })).rejects.toThrow(
      'line 2: a quoted cell does not end',
    )
  })

  it('needs no sizes where they are drawn from a mix', async () => {
    const mix = { batchSizes: Float64Array.of(10, 20), probabilities: Float64Array.of(0.5, 0.5) }
    const { sizes } = await convert('when\n1\n0\n5\n', {
      format: 'csv',
      map: { arrival: 'when' },
      sizes: { mix, seed: 4 },
    })
    expect(sizes).toEqual([...drawBatchSizes(mix, 3, 4)])
  })

  it('has its columns told by a text', () => {
    expect(parseColumnMap('arrival=ts,size=n')).toEqual({ arrival: 'ts', size: 'n' })
    expect(parseColumnMap('size=Total, tokens=x,arrival=a=b')).toEqual({
      arrival: 'a=b',
      size: 'Total, tokens=x',
    })
    expect(parseColumnMap('arrival=ts')).toEqual({ arrival: 'ts', size: undefined })
    for (const text of [
      '',
      'ts,n',
      'size=n',
      'arrival=,size=n',
      'arrival=a,arrival=b',
      'when=a',
      'arrival',
    ]) {
      expect(() => parseColumnMap(text)).toThrow(`map: is "${text}"; expected arrival=<column>,size=<column>`)
    }
  })
})

describe('our own trace', () => {
  const own = 'arrival_ms,batch_size\n5,10\n7,20\n6,30\n'

  it('keeps its clock; one that is unsorted is sorted, and says so', async () => {
    const { arrivals, sizes, report } = await convert(own, { format: 'kairos' })
    expect([arrivals, sizes]).toEqual([
      [5, 6, 7],
      [10, 30, 20],
    ])
    expect(report).toMatchObject({ outOfOrder: 1 })
    expect((await convert(`${own}-1,10\n`, { format: 'kairos' })).arrivals).toEqual([0, 6, 7, 8])
  })

  it('keeps queries that arrive together in their order', async () => {
    const rows = Array.from({ length: 99 }, (_, i) => `${i % 2},${i + 1}\n`).join('')
    const { sizes } = await convert(`arrival_ms,batch_size\n${rows}`, { format: 'kairos' })
    expect(sizes).toEqual([
      ...sizes.slice(0, 50).sort((a, b) => a - b),
      ...sizes.slice(50).sort((a, b) => a - b),
    ])
  })

  it('comes back when what was converted is written', async () => {
    const source = await temporaryFile('foreign', AZURE_LLM)
    const { trace } = await convertTrace({ format: 'azure-llm', path: source })
    const path = await temporaryFile('t.csv', '')
    await writeTrace(path, trace)
    expect(await readTrace(path)).toEqual(trace)
  })
})

describe('sizes beyond the largest', () => {
  it('are errors, clamped or dropped, and counted', async () => {
    const largest = { format: 'azure-llm', maxBatchSize: 2000 } as const
    await expect(convert(AZURE_LLM, largest)).rejects.toThrow(
      /foreign line 2: ContextTokens: is a size of 4808; the largest batch size is 2000: clamp to it, or drop/,
    )
    const clamped = await convert(AZURE_LLM, { ...largest, clampTo: 1000 })
    expect(clamped.sizes).toEqual([1000, 1000, 110, 1000])
    expect(clamped.report).toMatchObject({ rows: 4, kept: 4, clamped: 3 })
    const dropped = await convert(AZURE_LLM, { ...largest, drop: ['beyond'] })
    expect(dropped.sizes).toEqual([110, 1555])
    expect(dropped.arrivals[0]).toBe(0)
    expect(dropped.report).toMatchObject({ rows: 4, kept: 2, droppedBeyond: 2 })
  })
})

describe('the clock of a converted trace', () => {
  it('is cut to a window', async () => {
    const { arrivals, report } = await convert(AZURE_LLM, { format: 'azure-llm', from: 52, to: 29_000 })
    expect(arrivals[0]).toBe(0)
    expect(arrivals[1]).toBeCloseTo(46.189, 9)
    expect(report).toMatchObject({ rows: 4, kept: 2, outsideWindow: 2 })
    await expect(convert(AZURE_LLM, { format: 'azure-llm', from: 1e9 })).rejects.toThrow(
      'none of its 4 queries is left; choose another window',
    )
  })

  it('is sped up, or brought to a rate', async () => {
    expect((await convert(BURSTGPT, { format: 'burstgpt', speed: 10 })).arrivals).toEqual([0, 4000, 11_350])
    const { arrivals } = await convert(BURSTGPT, { format: 'burstgpt', rate: 8 })
    const scaled = { arrivalMs: Float64Array.from(arrivals), batchSize: new Float64Array(3) }
    expect(rateOf(scaled)).toBeCloseTo(8, 9)
  })
})

describe('a foreign file', () => {
  it.each<[string, string, Omit<ConvertTraceOptions, 'path'>, RegExp]>([
    [
      'a bad time',
      AZURE_LLM.replace('18:17:04.0319600', '25:17'),
      { format: 'azure-llm' },
      /line 3: TIMESTAMP: is "2023-11-16 25:17"; expected a time like 2023/,
    ],
    [
      'broken tokens',
      AZURE_LLM.replace('3180', '31.8'),
      { format: 'azure-llm' },
      /line 3: ContextTokens: is "31.8"; expected a whole number of tokens >= 0$/,
    ],
    [
      'negative tokens',
      AZURE_LLM.replace(',8', ',-8'),
      { format: 'azure-llm', size: 'sum' },
      /line 3: GeneratedTokens: is "-8"/,
    ],
    [
      'a missing column',
      AZURE_LLM.replace('ContextTokens', 'Context'),
      { format: 'azure-llm' },
      /line 1: ContextTokens: the column is missing; the header must name TIMESTAMP,ContextTokens/,
    ],
    [
      'a row cut off',
      AZURE_LLM.slice(0, -6),
      { format: 'azure-llm' },
      /line 5: has 2 of the 3 columns; the line is cut off/,
    ],
    [
      'a bad end',
      AZURE_FUNCTIONS.replace('5201.5', 'x'),
      { format: 'azure-functions' },
      /line 4: end_timestamp: is "x"; expected a number of seconds$/,
    ],
    [
      'a negative duration',
      AZURE_FUNCTIONS.replace('0.013', '-1'),
      { format: 'azure-functions' },
      /line 3: duration: is "-1"; expected a number of seconds >= 0$/,
    ],
    [
      'a bad second',
      BURSTGPT.replace('45', ''),
      { format: 'burstgpt' },
      /line 3: Timestamp: is empty; expected a number of seconds$/,
    ],
    [
      'a broken object',
      MOONCAKE.slice(0, -2),
      { format: 'mooncake' },
      /line 4: is no JSON object, or was cut; expected a JSON object/,
    ],
    ['a number', '5\n', { format: 'mooncake' }, /line 1: is no JSON object/],
    [
      'a missing key',
      MOONCAKE.replace('"input_length": 12, ', ''),
      { format: 'mooncake' },
      /line 4: input_length: is missing; expected a whole number of tokens/,
    ],
    [
      'a text for a time',
      MOONCAKE.replace('3052.5', '"soon"'),
      { format: 'mooncake' },
      /line 4: timestamp: is "soon"; expected a number of milliseconds$/,
    ],
    [
      'a negative size',
      'a,b\n1,-1\n',
      { format: 'csv', map: { arrival: 'a', size: 'b' } },
      /line 2: b: is "-1"; expected a batch size >= 0$/,
    ],
    [
      'a bad arrival',
      'a,b\n1,1\nx,1\n',
      { format: 'csv', map: { arrival: 'a', size: 'b' } },
      /line 3: a: is "x"; expected a number of milliseconds$/,
    ],
    [
      'no rows',
      'a,b\n',
      { format: 'csv', map: { arrival: 'a', size: 'b' } },
      /foreign: none of its 0 queries is left; is this the right file and format\?$/,
    ],
    [
      'an endless line',
      'x'.repeat(2 << 20),
      { format: 'mooncake' },
      /line 1: is longer than 1048576 characters/,
    ],
  ])('is refused with %s', async (_, content, options, message) => {
    await expect(convert(content, options)).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringMatching(message),
    })
  })

  it.each<[string, object, string]>([
    ['an unknown format', { format: 'xml' }, `format: is "xml"; expected ${TRACE_FORMATS.join(', ')}`],
    ['an unknown size', { size: 'all' }, 'size: is "all"; expected context, generated, sum'],
    [
      'a size of functions',
      { format: 'azure-functions', size: 'sum' },
      'size: is "sum"; expected one or duration',
    ],
    [
      'a size of csv',
      { format: 'csv', map: { arrival: 'a', size: 'b' }, size: 'sum' },
      'size: is given for csv',
    ],
    ['no map', { format: 'csv' }, 'map: is missing; say which columns to read'],
    ['a map without sizes', { format: 'csv', map: { arrival: 'a' } }, 'map: names no column for the size'],
    [
      'a map elsewhere',
      { map: { arrival: 'a', size: 'b' } },
      'map: is given for azure-llm; it belongs to csv',
    ],
    [
      'an unknown unit',
      { format: 'csv', map: { arrival: 'a', size: 'b' }, unit: 'h' },
      'unit: is "h"; expected ms, s, us, iso',
    ],
    [
      'a long separator',
      { format: 'csv', map: { arrival: 'a', size: 'b' }, delimiter: '::' },
      'delimiter: is "::"; expected one character',
    ],
    ['a largest size of 0', { maxBatchSize: 0 }, 'maxBatchSize: is 0; a batch size > 0 is expected'],
    ['a clamp above it', { maxBatchSize: 5, clampTo: 6 }, 'clampTo: is 6; the largest batch size is 5'],
    ['two clocks', { speed: 2, rate: 3 }, 'rate: is given beside speed'],
    ['a rate of 0', { rate: 0 }, 'rate: is 0; a number of queries per second > 0 is expected'],
    ['a window that ends first', { from: 5, to: 4 }, 'window: is from 5 to 4 ms'],
  ])('is not converted with %s', async (_, options, message) => {
    await expect(convert(AZURE_LLM, { format: 'azure-llm', ...options } as never)).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining(message),
    })
  })

  it('can be given up', async () => {
    for (const format of ['azure-llm', 'mooncake'] as const) {
      await expect(convert(AZURE_LLM, { format, signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'ABORTED',
      })
    }
  })
})
