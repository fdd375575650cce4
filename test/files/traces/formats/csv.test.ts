import { describe, expect, it } from 'vitest'
import { parseColumnMap } from '../../../../src/files/io/column-map.ts'
import { drawBatchSizes } from '../../../../src/model/trace/generate-trace.ts'
import { readBroken } from '../../broken.ts'
import { convert } from '../convert.ts'

describe('any CSV file', () => {
  const map = { arrival: 'when', size: 'how many' }

  it.each([
    ['ms', '10.5', '11', 0.5],
    ['s', '10.5', '11', 500],
    ['us', '1700000000000000', '1700000000000500', 0.5],
    ['ns', '1700000000000000000', '1700000000000500000', 0.5],
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

  it.each([
    [
      'time_s',
      undefined,
      'unit: is ms, and the column "time_s" is named after s; give s, or another name in the file',
    ],
    [
      'startTimeUnixNano',
      'ms',
      'unit: is ms, and the column "startTimeUnixNano" is named after ns; give ns, or another name in the file',
    ],
  ] as const)('is refused in another unit than that of its name: %s', async (arrival, unit, message) => {
    const refused = convert(`n,${arrival}\n1,7\n`, { format: 'csv', map: { arrival, size: 'n' }, unit })
    await expect(refused).rejects.toThrow(message)
  })

  it('is in seconds where nginx has logged $msec, whatever its column is called', async () => {
    for (const arrival of ['msec', '$msec']) {
      const log = `n,${arrival}\n7,1700000000.250\n9,1700000000.750\n`
      const { arrivals } = await convert(log, { format: 'csv', map: { arrival, size: 'n' }, unit: 's' })
      expect(arrivals).toEqual([0, 500])
    }
  })

  it('is an access log of Envoy, whose times are in brackets; other access logs are refused', async () => {
    // Envoy documentation, "Default format string"
    const envoy = `[2026-11-18T09:30:00.250Z] "POST /p HTTP/1.1" 200 8\n[2026-11-18T09:30:01Z] "POST /p HTTP/1.1" 200 9\n`
    const header = ['when', 'request', 'status', 'how many']
    const where = ['when>=2026-11-18T09:30:00.5Z']
    const reading = { format: 'csv', map, unit: 'iso', delimiter: ' ', header } as const
    expect((await convert(envoy, reading)).arrivals).toEqual([0, 750])
    expect((await convert(envoy, { ...reading, where })).sizes).toEqual([9])
    const nginx = '[18/Nov/2026:09:30:00 +0000] "POST /p HTTP/1.1" 8\n'
    const refused = convert(nginx, { ...reading, header: ['when', 'zone', 'request', 'how many'] })
    await expect(refused).rejects.toThrow(
      /line 1: when: is "\[18\/Nov.*; expected a time like .*; let nginx log \$msec for --unit s, or Apache %\{msec\}t for ms: whole/,
    )
  })

  it('may have arrivals that are the difference of two columns', async () => {
    const difference = { format: 'csv', map: { arrival: 'end-took', size: 'n' }, unit: 'ns' } as const
    const text = 'n,took,end\n1,100,1795000200000000100\n1,500000,1795000200001000000\n'
    expect((await convert(text, difference)).arrivals).toEqual([0, 0.5])
  })

  it('may have another separator', async () => {
    const { sizes } = await convert('when;how many\n1;7\n', { format: 'csv', map, delimiter: ';' })
    expect(sizes).toEqual([7])
    await expect(convert('when|how many\n1|"7\n', { format: 'csv', map, delimiter: '|' })).rejects.toThrow(
      'line 2: a quoted cell does not end',
    )
  })

  it('is read where all conditions hold', async () => {
    const content = 'when,how many,status\n1,7,200\n2,8,503\n3,9, 200.0 \n4,600,200\n'
    const where = ['status=200', 'how many<=500']
    const { sizes, report } = await convert(content, { format: 'csv', map, where })
    expect(sizes).toEqual([7, 9])
    expect(report).toMatchObject({ rows: 4, kept: 2, leftOut: 2 })
  })

  it('may have its header given', async () => {
    const header = ['when', 'how many']
    expect((await convert('1,7\n2,9\n', { format: 'csv', map, header })).sizes).toEqual([7, 9])
    const jsonl = convert('{"when": 1, "how many": 2}', { format: 'jsonl', map, header })
    await expect(jsonl).rejects.toThrow('header: is given for jsonl; only csv takes it')
  })

  it('is refused where no row is left, or a condition names no column', async () => {
    const content = 'when,how many,status\n1,7,200\n'
    const none = convert(content, { format: 'csv', map, where: ['status=OK'] })
    await expect(none).rejects.toThrow(
      /foreign: its only query is left out; 1 is left out by conditions: are they right\?$/,
    )
    const unknown = convert(content, { format: 'csv', map, where: ['code=200'] })
    await expect(unknown).rejects.toThrow(/line 1: code: the column is missing; the header must name/)
    const twice = convert('x\n1\n', { format: 'csv', map, where: ['when=1'] })
    await expect(twice).rejects.toThrow(
      /line 1: when: the column is missing; the header must name when,how many;/,
    )
    const fixed = convert(content, { format: 'burstgpt', where: ['status=200'] })
    await expect(fixed).rejects.toThrow('where: is given for burstgpt; only csv and jsonl take it')
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
    expect(parseColumnMap('arrival=ts,size=n', 'arrival', ['size'])).toEqual({ arrival: 'ts', size: 'n' })
    expect(parseColumnMap('size=Total, tokens=x,arrival=a=b', 'arrival', ['size'])).toEqual({
      arrival: 'a=b',
      size: 'Total, tokens=x',
    })
    expect(() => parseColumnMap('size=n,arrival=n', 'arrival', ['size'])).toThrow(
      'map: is "size=n,arrival=n"; "n" is there twice: name each column once',
    )
    expect(parseColumnMap('arrival=ts', 'arrival', ['size'])).toEqual({ arrival: 'ts', size: undefined })
    for (const text of [
      '',
      'ts,n',
      'size=n',
      'arrival=,size=n',
      'arrival=a,arrival=b',
      'when=a',
      'arrival=ts,sizes=n',
      'arrival',
    ]) {
      expect(() => parseColumnMap(text, 'arrival', ['size'])).toThrow(
        `map: is "${text}"; expected arrival=<column>,size=<column>`,
      )
    }
  })

  it('names the delimiter of a row with a cell too many', async () => {
    const refused = convert('when;how many\n1;1;x\n', {
      ...{ format: 'csv', delimiter: ';', map: { arrival: 'when', size: 'how many' } },
    })
    await expect(refused).rejects.toThrow(/has 3 columns, not 2; remove the extra semicolons, or quote the/)
  })

  it.each([
    ['a negative size', 'when,how many\n1,-1\n', /line 2: how many: is "-1"; expected a batch size >= 0$/],
    [
      'a bad arrival',
      'when,how many\n1,1\nx,1\n',
      /line 3: when: is "x"; expected a number of milliseconds$/,
    ],
    [
      'lines of JSON with a single field',
      '{"when": 1}\n',
      /line 1: when: the column is missing; this is JSON, not CSV: write it as CSV, or read lines of objects by the format jsonl of trace convert and import; jq -c '\.\[\]' writes a list as such lines$/,
    ],
    [
      'dates without their unit',
      'when,how many\n2026-11-18T09:30:00Z,1\n',
      /line 2: when: is "2026-11-18T09:30:00Z"; expected a number of milliseconds; for dates, --unit iso$/,
    ],
    [
      'lines of JSON',
      '{"when": 1, "how many": 2}\n',
      /line 1: a quoted cell does not end; this is JSON, not CSV: write it as CSV, or read lines of objects by the format jsonl of trace convert and import; jq -c '\.\[\]' writes a list as such lines$/,
    ],
    [
      'a list in JSON',
      '[\n  {\n    "when": 1\n  }\n]\n',
      /line 1: when: the column is missing; this is JSON, not CSV: .* by the format jsonl of trace convert and import; jq -c '\.\[\]' writes a list as such lines$/,
    ],
    [
      'a list in JSON on one line',
      '[{"when": 1, "how many": 2}]\n',
      /line 1: a quoted cell does not end; this is JSON, not CSV: .* by the format jsonl of trace convert and import; jq -c '\.\[\]' writes a list as such lines$/,
    ],
    [
      'a time in brackets',
      '[2026-11-18T09:30:00Z] 7\n',
      /line 1: when: the column is missing; the header must name when,how many; it names "\[2026-11-18T09:30:00Z\] 7"/,
    ],
    ['an empty size', 'when,how many\n1, \n', /line 2: how many: is empty; drop such rows \(--drop empty\)/],
    ['no rows', 'when,how many\n', /foreign: has no query; is this the right file and format\?$/],
  ])('is refused with %s', async (_, content, message) => {
    const refused = convert(content, { format: 'csv', map })
    await expect(refused).rejects.toMatchObject({ code: 'BAD_FILE', message: expect.stringMatching(message) })
  })

  it('may have empty sizes, which are dropped', async () => {
    const dropped = { format: 'csv', map, drop: ['empty'] } as const
    const { sizes, report } = await convert('when,how many\n1,\n2,7\n', dropped)
    expect(sizes).toEqual([7])
    expect(report).toMatchObject({ rows: 2, kept: 1, droppedEmpty: 1 })
  })

  it('with numbers where dates are expected is refused', async () => {
    const refused = convert('when,how many\n17,1\n', { format: 'csv', map, unit: 'iso' })
    await expect(refused).rejects.toThrow(/for numbers, --unit s, ms, us or ns$/)
  })

  it.each([
    ['2026-03-29T01:59:59Z', '2026-03-29T03:00:00', 'with its zone, such as Z or +01:00,'],
    ['2026-03-29T01:59:59', '2026-03-29T03:00:00+02:00', 'without a zone,'],
  ])('with the dates %s and %s is refused: only one says its zone', async (first, second, expected) => {
    const text = `when,how many\n${first},1\n${second},1\n`
    const refused = convert(text, { format: 'csv', map, unit: 'iso' })
    await expect(refused).rejects.toThrow(
      `line 3: when: is "${second}"; expected a time ${expected} as in the rows before`,
    )
  })

  it.each([
    ['ms', '1700000000', 's'],
    ['ms', '1700000000000000', 'us'],
    ['s', '1700000000123', 'ms'],
    ['us', '1700000000123', 'ms'],
    ['ns', '1700000000123456', 'us'],
    ['us', '1700000000123456789', 'ns'],
    ['s', '1700000000', undefined],
    ['ms', '1700000000000', undefined],
    ['us', '1700000000', undefined],
    ['ns', '1700000000', undefined],
    ['ms', '999999999', undefined],
  ] as const)('in %s that begins at %s is probably in %s', async (unit, first, likelyUnit) => {
    const { report } = await convert(`when,how many\n${first},1\n`, { format: 'csv', map, unit })
    expect(report.likelyUnit).toBe(likelyUnit)
  })

  it.each([
    ['when;how many\n1;7\n', 'line 1: when: the column is missing; add --delimiter ";"'],
    ['"when";"how many"\n1;7\n', 'line 1: a semicolon follows a quoted cell; add --delimiter ";"'],
    ['when\thow many\n1\t7\n', 'line 1: when: the column is missing; add --delimiter tab'],
  ])('with another separator is refused with the flag that names it: %j', async (content, message) => {
    await expect(convert(content, { format: 'csv', map })).rejects.toThrow(message)
    const kairos = content.replace('when', 'arrival_ms').replace('how many', 'batch_size')
    await expect(convert(kairos, { format: 'kairos' })).rejects.toThrow('separate columns by commas instead')
  })

  it('with decimal commas is refused with what is expected', async () => {
    const refused = convert('when;how many\n1,5;7\n', { format: 'csv', map, delimiter: ';', unit: 's' })
    await expect(refused).rejects.toThrow(
      'line 2: when: is "1,5"; expected a number of seconds, with a decimal point and no commas or spaces: replace those in numbers',
    )
  })

  it('is taken or refused, however it is broken', async () => {
    await readBroken(
      'id,how many,when\n1,7,2024-02-29T12:00:00Z\n2,9,2024-02-29T13:00:00.25+01:00\n',
      'foreign',
      (text) => convert(text, { format: 'csv', map, unit: 'iso' }),
    )
  })
})
