import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTrace, writeTrace } from '../../../src/files/traces/trace-csv.ts'
import { KairosError } from '../../../src/model/errors.ts'
import { generateTrace } from '../../../src/model/trace/generate-trace.ts'
import { scratchFolder } from '../scratch.ts'

const HEADER = 'arrival_ms,batch_size\n'

async function refusal(content: string | Uint8Array, maxBatchSize?: number): Promise<KairosError> {
  const path = scratchFolder().write('t.csv', content)
  const error = await readTrace(path, { cache: false, maxBatchSize }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(KairosError)
  const found = error as KairosError
  expect(found.place.file).toBe(path)
  expect(found.cure).not.toBe('')
  return found
}

describe('a trace file', () => {
  it('is read into columns', async () => {
    const path = scratchFolder().write('t.csv', `${HEADER}0,10\n1.1521,413\n1.1521,0.5\n2e3,1000\n`)
    expect(await readTrace(path, { maxBatchSize: 1000 })).toEqual({
      arrivalMs: Float64Array.of(0, 1.1521, 1.1521, 2000),
      batchSize: Float64Array.of(10, 413, 0.5, 1000),
    })
  })

  it('may come from elsewhere: byte order mark, CRLF, quotes, blank lines, spaces, other columns', async () => {
    const path = scratchFolder().write(
      't.csv',
      '\ufeff"batch_size",note, arrival_ms\r\n10,"a ""b"",\r\nc",1\r\n\r\n 20 ,,"2.5"\r\n   \r\n',
    )
    expect(await readTrace(path)).toEqual({
      arrivalMs: Float64Array.of(1, 2.5),
      batchSize: Float64Array.of(10, 20),
    })
  })

  it('may end without a line end, which is noted, however often it is read', async () => {
    const path = scratchFolder().write('t.csv', `${HEADER}${'0,10\n'.repeat(20_000)}1,20`)
    const notes: string[] = []
    for (const _ of [1, 2]) {
      const { batchSize } = await readTrace(path, { onNote: (note) => notes.push(note) })
      expect([batchSize.length, batchSize.at(-1)]).toEqual([20_001, 20])
    }
    const note = `${path} line 20002: the last line has no line end: was the file cut inside its last number?`
    expect(notes).toEqual([note, note])
  })

  it('has its lines counted through cells of several', async () => {
    const error = await refusal('arrival_ms,batch_size,note\n0,10,"a\nb\n\nc"\n1,x,d\n')
    expect(error.place).toMatchObject({ line: 6, field: 'batch_size' })
  })

  it('comes back as it was written, to the last bit', async () => {
    const path = join(scratchFolder().path('.'), 'new', 'folder', 't.csv')
    const rows = fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1e300, noNaN: true, noDefaultInfinity: true }),
        fc.double({ min: 1e-300, max: 1e300, noNaN: true, noDefaultInfinity: true }),
      ),
      { minLength: 1, maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(rows, async (pairs) => {
        const trace = {
          arrivalMs: Float64Array.from(pairs, ([at]) => Math.abs(at)).sort(),
          batchSize: Float64Array.from(pairs, ([, size]) => size),
        }
        await writeTrace(path, trace)
        expect(await readTrace(path)).toEqual(trace)
      }),
      { numRuns: 50 },
    )
  })

  it.each<[string, string, number | undefined, string | undefined, string]>([
    [
      'an unsorted arrival',
      '0,10\n5,10\n\n3,10\n',
      5,
      'arrival_ms',
      'is 3, after 5 on line 3; sort the trace by arrival',
    ],
    ['a negative arrival', '-0.5,10\n', 2, 'arrival_ms', 'is "-0.5"; expected a number of milliseconds >= 0'],
    ['NaN', '0,10\nNaN,10\n', 3, 'arrival_ms', 'is "NaN"; expected a number'],
    ['infinity', 'Infinity,10\n', 2, 'arrival_ms', 'is "Infinity"; expected a number'],
    ['an overflow', '1e999,10\n', 2, 'arrival_ms', 'is "1e999"; expected a number'],
    ['hexadecimal', '0x10,10\n', 2, 'arrival_ms', 'is "0x10"; expected a number'],
    ['words', '0,10\nsoon,10\n', 3, 'arrival_ms', 'is "soon"; expected a number'],
    ['an empty arrival', ',10\n', 2, 'arrival_ms', 'is empty; expected a number'],
    ['an empty size', '0,\n', 2, 'batch_size', 'is empty; expected a batch size > 0'],
    ['a size of 0', '0,10\n1,0\n', 3, 'batch_size', 'is "0"; expected a batch size > 0 and <= 1000'],
    ['a negative size', '0,-10\n', 2, 'batch_size', 'is "-10"; expected a batch size > 0'],
    [
      'a size beyond',
      '0,1001\n',
      2,
      'batch_size',
      'is "1001"; expected a batch size > 0 and <= 1000, the largest of the latency table',
    ],
    ['a size of NaN', '0,nan\n', 2, 'batch_size', 'is "nan"; expected a batch size'],
    ['a missing cell', '0,10\n7\n8,10\n', 3, undefined, 'has 1 of the 2 columns; the line is cut off'],
    ['a cell too many', '0,10\n1,5,10\n', 3, undefined, 'has 3 columns, not 2; remove the extra commas'],
    ['no query', '', 2, undefined, 'there is no query after the header'],
    ['nothing but blank lines', '\n\n', 2, undefined, 'there is no query after the header'],
    ['a cut before a size', '0,10\n1,', 3, undefined, ''],
    ['a cut inside an arrival', '0,10\n1', 3, undefined, 'has 1 of the 2 columns; the line is cut off'],
    [
      'a quote that does not end',
      '0,10\n1,"10\n2,10\n',
      3,
      undefined,
      'a quoted cell does not end; close the quote',
    ],
    ['a quote inside a cell', '0,10\n1,"10"5\n2,10\n', 3, undefined, 'a quoted cell does not end'],
  ])('is refused with %s', async (_, rows, line, field, message) => {
    const error = await refusal(HEADER + rows, 1000)
    expect(error.code).toBe('BAD_FILE')
    expect(error.place).toMatchObject(field === undefined ? { line } : { line, field })
    expect(error.message).toContain(message)
    expect(error.message).toContain(`t.csv line ${line}: `)
  })

  it('is refused without a header, or with another one', async () => {
    expect((await refusal('arrival_ms,size\n0,10\n')).message).toMatch(
      /t\.csv line 1: batch_size: the column is missing; the header must name arrival_ms,batch_size; it names "arrival_ms,size"; convert other files by kairos-wasm trace convert, whose --help lists the formats$/,
    )
    expect((await refusal('# arrival_ms,batch_size\n0,10\n')).message).toMatch(
      /it names "# arrival_ms,batch_size"; .*lists the formats; if lines that begin with # are comments, remove them, such as by grep -v '\^#'; if the header does, remove only its #$/,
    )
    expect((await refusal('0,10\n1,20\n')).message).toContain('arrival_ms: the column is missing')
    expect((await refusal('arrival_ms,batch_size,batch_size\n')).message).toContain(
      'batch_size: the column is there twice; remove one of them',
    )
    expect((await refusal(`a${',a'.repeat(9999)}\n`)).message.length).toBeLessThan(300)
  })

  it.each([
    ['arrival_ms;batch_size\n0;10\n', 'line 1: arrival_ms: the column is missing', 'semicolons'],
    ['"arrival_ms";"batch_size"\n0;10\n', 'line 1: a semicolon follows a quoted cell', 'semicolons'],
    ['\n "arrival_ms" ;"batch_size"\r\n"0";"10"', 'line 2: a semicolon follows a quoted cell', 'semicolons'],
    ['"arrival_ms"\t"batch_size"\n"0"\t"10"\n', 'line 1: a tab follows a quoted cell', 'tabs'],
    [`${HEADER}"0","10"\n"1";"10"\n`, 'line 3: a semicolon follows a quoted cell', 'semicolons'],
  ])(
    'is refused where something else than commas separates its columns: %j',
    async (text, problem, named) => {
      expect((await refusal(text)).message).toContain(
        `t.csv ${problem}; separate columns by commas instead of ${named}, and write numbers with a decimal point`,
      )
    },
  )

  it('is refused where it is empty, no text, a folder, or not there', async () => {
    expect((await refusal('')).message).toMatch(
      /t\.csv: is empty; was it written to the end\? Make it again$/,
    )
    expect((await refusal('\n \n')).message).toMatch(/t\.csv: is empty/)
    expect((await refusal(Buffer.from(HEADER, 'utf16le'))).message).toContain('is not text in UTF-8')
    for (const bytes of [`${HEADER}\n0,1é\n`, `${HEADER}\n0,1é`]) {
      expect((await refusal(Buffer.from(bytes, 'latin1'))).message).toContain('is not text in UTF-8')
    }
    const folder = scratchFolder().path('.')
    await expect(readTrace(folder)).rejects.toMatchObject({ code: 'NO_FILE' })
    await expect(readTrace(join(folder, 'none.csv'))).rejects.toMatchObject({
      code: 'NO_FILE',
      message: expect.stringContaining('there is no such file or folder'),
    })
  })

  it('is given up early where no row comes out of it', async () => {
    const hostile = `${HEADER}0,10\n1,"${'10\n'.repeat(4_000_000)}`
    const error = await refusal(hostile)
    expect(error.message).toContain('line 3: a quoted cell does not end')
    expect((await refusal('a'.repeat(8_000_000))).message).toContain('is longer than')
  })

  it('tells of its progress and ends when told to', async () => {
    const path = join(scratchFolder().path('.'), 't.csv')
    const mix = { batchSizes: Float64Array.of(10), probabilities: Float64Array.of(1) }
    await writeTrace(path, generateTrace({ arrivals: 'poisson', rate: 9, queries: 50_000, seed: 1, mix }))
    const seen: [number, number][] = []
    await readTrace(path, { cache: false, onProgress: ({ done, total }) => seen.push([done, total]) })
    expect(seen.length).toBeGreaterThan(2)
    expect(seen.at(-1)![0]).toBe((await readFile(path)).length)
    expect(seen.every(([done, total]) => done <= total)).toBe(true)

    const controller = new AbortController()
    const ended = readTrace(path, {
      cache: false,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    await expect(ended).rejects.toMatchObject({ name: 'AbortError' })
    await expect(readTrace(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    })
  })

  it('appears whole or not at all', async () => {
    const folder = scratchFolder().path('.')
    const path = join(folder, 't.csv')
    await writeFile(path, 'before')
    const trace = { arrivalMs: Float64Array.of(1), batchSize: Float64Array.of(1) }
    // after the first piece is written
    const onProgress = () => {
      throw new TypeError('broken')
    }
    await expect(writeTrace(path, trace, { onProgress })).rejects.toThrow('broken')
    expect(await readFile(path, 'utf8')).toBe('before')
    expect(await readdir(folder)).toEqual(['t.csv'])
    await mkdir(join(folder, 'taken'))
    await expect(writeTrace(join(folder, 'taken'), trace)).rejects.toMatchObject({ code: 'NO_FILE' })
  })

  it('of a million queries is read in bounded memory', async () => {
    const path = join(scratchFolder().path('.'), 'million.csv')
    const mix = {
      batchSizes: Float64Array.of(10, 150, 1000),
      probabilities: Float64Array.of(0.2, 0.7, 0.1),
    }
    const trace = generateTrace({ arrivals: 'poisson', rate: 1000, queries: 1_000_000, seed: 2, mix })
    await writeTrace(path, trace)
    let most = 0
    const before = process.memoryUsage().heapUsed
    const read = await readTrace(path, {
      cache: false,
      onProgress: () => {
        most = Math.max(most, process.memoryUsage().heapUsed - before)
      },
    })
    expect(Buffer.compare(Buffer.from(read.arrivalMs.buffer), Buffer.from(trace.arrivalMs.buffer))).toBe(0)
    expect(Buffer.compare(Buffer.from(read.batchSize.buffer), Buffer.from(trace.batchSize.buffer))).toBe(0)
    // a million rows as objects would take some 200 MB
    expect(most).toBeLessThan(120e6)
  })
})
