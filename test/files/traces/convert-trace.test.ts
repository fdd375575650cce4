import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { convertTrace } from '../../../src/files/traces/convert-trace.ts'
import { TRACE_FORMATS } from '../../../src/files/traces/formats/registry.ts'
import { readTrace, writeTrace } from '../../../src/files/traces/trace-csv.ts'
import { rateOf } from '../../../src/model/trace/trace.ts'
import { publishedMix } from '../../../src/model/workload/published-mix.ts'
import { scratchFolder } from '../scratch.ts'
import { AZURE_LLM, convert } from './convert.ts'

describe('sizes beyond the largest', () => {
  it('are errors, clamped or dropped, and counted', async () => {
    const largest = { format: 'azure-llm', maxBatchSize: 2000 } as const
    await expect(convert(AZURE_LLM, largest)).rejects.toThrow(
      /foreign line 2: ContextTokens: is a size of 4808; the largest batch size is 2000: clamp to it \(--clamp-to 2000\), or drop such rows \(--drop beyond\)/,
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

describe('rows outside a window', () => {
  const rows = 'when,n\n0,999\n10,5\n5,6\n20,70\n30,0\n40,\n'
  const csv = { format: 'csv', map: { arrival: 'when', size: 'n' } } as const

  it('are not judged by their size, and counted as nothing else', async () => {
    const middle = await convert(rows, { ...csv, from: 5, to: 30, maxBatchSize: 100, clampTo: 50 })
    expect(middle.arrivals).toEqual([0, 5, 15])
    expect(middle.sizes).toEqual([6, 5, 50])
    expect(middle.report).toMatchObject({ rows: 6, kept: 3, clamped: 1, outsideWindow: 3, outOfOrder: 1 })
    const late = await convert(rows, { ...csv, from: 20, drop: ['zero', 'empty'], clampTo: 60 })
    expect(late.sizes).toEqual([60])
    expect(late.report).toMatchObject({ droppedZero: 1, droppedEmpty: 1, outsideWindow: 3, outOfOrder: 0 })
  })

  it('are judged where they are inside, with their line', async () => {
    const largest = { ...csv, maxBatchSize: 100 }
    await expect(convert(rows, { ...largest, to: 5 })).rejects.toThrow(/line 2: n: is a size of 999; the/)
    await expect(convert(rows, { ...largest, from: 21 })).rejects.toThrow(
      /line 6: n: is a size of 0; drop such rows \(--drop zero\), or/,
    )
    await expect(convert(rows, { ...largest, from: 31 })).rejects.toThrow(
      /line 7: n: is empty; drop such rows \(--drop empty\), or take the size from another column or a mix/,
    )
  })

  it('keep the place of time 0, unless they are dropped', async () => {
    const cut = { ...csv, from: 4, to: 16, maxBatchSize: 100 }
    expect((await convert(rows, cut)).arrivals).toEqual([1, 6])
    // without the first row the earliest arrival is 5
    expect((await convert(rows, { ...cut, drop: ['beyond'] })).arrivals).toEqual([1, 11])
  })

  it('draw their sizes too, so that a window has those of the whole trace', async () => {
    const drawn = { format: 'azure-llm', sizes: { mix: publishedMix(), seed: 3 } } as const
    const whole = await convert(AZURE_LLM, drawn)
    const { sizes, report } = await convert(AZURE_LLM, { ...drawn, from: 52, to: 29_000 })
    expect(sizes).toEqual(whole.sizes.slice(1, 3))
    expect(report.outsideWindow).toBe(2)
  })

  it('make adjacent windows, which hold every row once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 9 }),
        fc.integer({ min: 1, max: 50 }),
        async (times, cut) => {
          const text = `when,n\n${times.map((at, i) => `${at},${i + 1}\n`).join('')}`
          const whole = await convert(text, csv)
          const last = Math.max(...whole.arrivals)
          fc.pre(cut <= last)
          const parts = [await convert(text, { ...csv, to: cut }), await convert(text, { ...csv, from: cut })]
          expect(parts.flatMap(({ sizes }) => sizes)).toEqual(whole.sizes)
          expect(parts[1].arrivals.map((at) => at + cut)).toEqual(whole.arrivals.slice(parts[0].sizes.length))
        },
      ),
      { numRuns: 20 },
    )
  })
})

describe('the instant of time 0', () => {
  const csv = { format: 'csv', map: { arrival: 'ts', size: 'n' } } as const
  const log = 'ts,n\n2026-11-18T10:30:00.250+01:00,4\n2026-11-18T09:30:00Z,3\n2026-11-18T11:00:00Z,5\n'

  it('is told, also of times since 1970 and of the begin of a window', async () => {
    const iso = { ...csv, unit: 'iso' } as const
    expect((await convert(log, iso)).report.begin).toBe('2026-11-18T09:30:00Z')
    expect((await convert(log, { ...iso, from: 60_000 })).report.begin).toBe('2026-11-18T09:31:00Z')
    const unix = await convert('ts,n\n1795000000.5,1\n', { ...csv, unit: 's' })
    expect(unix.report.begin).toBe('2026-11-18T11:06:40.500Z')
    expect((await convert('ts,n\n17,1\n', { ...csv, unit: 's' })).report.begin).toBeUndefined()
  })

  it('lets a window name times, also before the first arrival', async () => {
    const from = '2026-11-18T09:00:00Z'
    const whole = await convert(log, { ...csv, unit: 'iso', from })
    expect(whole.arrivals).toEqual([1_800_000, 1_800_250, 7_200_000])
    expect(whole.report.begin).toBe(from)
    const cut = await convert(log, { ...csv, unit: 'iso', from, to: '2026-11-18T10:30:00.25+01:00' })
    expect(cut.sizes).toEqual([3])
    await expect(convert('ts,n\n1,1\n', { ...csv, from })).rejects.toThrow(
      `window: has the time ${from}, the trace has no dates; give ms after its time 0`,
    )
    await expect(convert(log, { ...csv, unit: 'iso', from: '9:30' })).rejects.toThrow(
      'window: has the time "9:30"; expected one like 2026-11-18T09:30:00Z',
    )
    await expect(convert(log, { ...csv, unit: 'iso', from, to: from })).rejects.toThrow('a later end')
  })
})

describe('the clock of a converted trace', () => {
  it('is cut to a window', async () => {
    const { arrivals, report } = await convert(AZURE_LLM, { format: 'azure-llm', from: 52, to: 29_000 })
    expect(arrivals[0]).toBe(0)
    expect(arrivals[1]).toBeCloseTo(46.189, 9)
    expect(report).toMatchObject({ rows: 4, kept: 2, outsideWindow: 2 })
    await expect(convert(AZURE_LLM, { format: 'azure-llm', from: 1e9 })).rejects.toThrow(
      'none of its 4 queries is left; choose another window: it has queries from 2023-11-16T18:17:03.980Z to 2023-11-16T18:17:33.459Z',
    )
    await expect(
      convert('arrival_ms,batch_size\n5,1\n70.5,2\n', { format: 'kairos', from: 1e9 }),
    ).rejects.toThrow('none of its 2 queries is left; choose another window: it has queries from 0 to 71 ms')
    await expect(
      convert('a,s\n5,0\n', {
        ...{ format: 'csv', map: { arrival: 'a', size: 's' } },
        ...{ from: 1e9, drop: ['zero'] },
      }),
    ).rejects.toThrow('its only query is left out; is this the right file')
  })

  it('is sped up, or brought to a rate', async () => {
    expect((await convert(AZURE_LLM, { format: 'azure-llm', speed: 10 })).arrivals).toEqual([
      0,
      expect.closeTo(5.2, 9),
      expect.closeTo(9.8189, 9),
      expect.closeTo(2947.9069, 9),
    ])
    const { arrivals } = await convert(AZURE_LLM, { format: 'azure-llm', rate: 8 })
    const scaled = { arrivalMs: Float64Array.from(arrivals), batchSize: new Float64Array(4) }
    expect(rateOf(scaled)).toBeCloseTo(8, 9)
  })
})

describe('a conversion', () => {
  it('can be written and read again', async () => {
    const source = scratchFolder().write('foreign', AZURE_LLM)
    const { trace } = await convertTrace({ format: 'azure-llm', path: source })
    const path = scratchFolder().write('t.csv', '')
    await writeTrace(path, trace)
    expect(await readTrace(path)).toEqual(trace)
  })

  it.each<[string, object, string]>([
    ['an unknown format', { format: 'xml' }, `format: is "xml"; expected ${TRACE_FORMATS.join(', ')}`],
    ['an unknown size', { size: 'all' }, 'size: is "all"; expected context, generated, sum'],
    [
      'a size of functions',
      { format: 'azure-functions', size: 'sum' },
      'size: is "sum"; expected one, duration',
    ],
    [
      'a size of csv',
      { format: 'csv', map: { arrival: 'a', size: 'b' }, size: 'sum' },
      'size: is given for csv',
    ],
    ['no map', { format: 'csv' }, 'map: is missing; say which columns to read'],
    [
      'a drop beside a mix',
      { sizes: { mix: publishedMix(), seed: 1 }, drop: ['zero'] },
      'drop: is given beside a mix',
    ],
    ['an unknown drop', { drop: ['zeros' as never] }, 'drop: is "zeros"; it is one of empty, zero, beyond'],
    [
      'a drop that is no list',
      { drop: 'zero' as never },
      'drop: is "zero"; a list of empty, zero, beyond is expected',
    ],
    ['a map without sizes', { format: 'csv', map: { arrival: 'a' } }, 'map: names no column for the size'],
    [
      'a map elsewhere',
      { map: { arrival: 'a', size: 'b' } },
      'map: is given for azure-llm; only csv and jsonl take it',
    ],
    [
      'a delimiter of JSON',
      { format: 'jsonl', map: { arrival: 'a', size: 'b' }, delimiter: ';' },
      'delimiter: is given for jsonl; only csv takes it',
    ],
    [
      'an unknown unit',
      { format: 'csv', map: { arrival: 'a', size: 'b' }, unit: 'h' },
      'unit: is "h"; expected ms, s, us, ns, iso',
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
    ['an empty window', { from: 5, to: 5 }, 'window: is from 5 to 5 ms'],
    ['a window before time 0', { from: -1 }, 'window: is from -1 to Infinity ms'],
    ['a window from NaN', { from: Number.NaN }, 'window: is from NaN'],
    ['a window to NaN', { to: Number.NaN }, 'window: is from 0 to NaN ms'],
  ])('is refused with %s', async (_, options, message) => {
    await expect(convert(AZURE_LLM, { format: 'azure-llm', ...options } as never)).rejects.toMatchObject({
      code: 'BAD_USAGE',
      message: expect.stringContaining(message),
    })
  })

  it('can be aborted', async () => {
    const aborted = convert(AZURE_LLM, { format: 'azure-llm', signal: AbortSignal.abort() })
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
  })
})
