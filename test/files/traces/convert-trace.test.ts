import { describe, expect, it } from 'vitest'
import { convertTrace } from '../../../src/files/traces/convert-trace.ts'
import { TRACE_FORMATS } from '../../../src/files/traces/formats/registry.ts'
import { readTrace, writeTrace } from '../../../src/files/traces/trace-csv.ts'
import { publishedMix } from '../../../src/model/published-mix.ts'
import { rateOf } from '../../../src/model/trace.ts'
import { scratchFolder } from '../scratch.ts'
import { AZURE_LLM, convert } from './convert.ts'

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
    ['an unknown drop', { drop: ['zeros' as never] }, 'drop: is "zeros"; it is one of zero, beyond'],
    [
      'a drop that is no list',
      { drop: 'zero' as never },
      'drop: is zero; a list of zero, beyond is expected',
    ],
    ['a map without sizes', { format: 'csv', map: { arrival: 'a' } }, 'map: names no column for the size'],
    [
      'a map elsewhere',
      { map: { arrival: 'a', size: 'b' } },
      'map: is given for azure-llm; only csv takes it',
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
