import { describe, expect, it } from 'vitest'
import { readBroken } from '../../broken.ts'
import { convert } from '../convert.ts'

describe('lines of JSON objects', () => {
  const map = { arrival: 'ts', size: 'n' }
  const jsonl = { format: 'jsonl', map } as const

  it('are read by the names of their fields, in every unit', async () => {
    const numbers = await convert('{"n": 7, "ts": 10.5, "id": "a"}\n\n{"ts": "11", "n": "9"}\n', jsonl)
    expect([numbers.arrivals, numbers.sizes]).toEqual([
      [0, 0.5],
      [7, 9],
    ])
    const dates = '{"ts": "2026-11-18T09:30:00Z", "n": 1}\n{"ts": "2026-11-18T09:30:01.5Z", "n": 2}'
    const { arrivals, report } = await convert(dates, { ...jsonl, unit: 'iso' })
    expect(arrivals).toEqual([0, 1500])
    expect(report).toMatchObject({ begin: '2026-11-18T09:30:00Z', lastLineOpen: false })
  })

  it('may have empty sizes, which are dropped or refused', async () => {
    const lines = '{"ts": 1, "n": null}\n{"ts": 2, "n": ""}\n{"ts": 3, "n": 4}\n'
    const { sizes, report } = await convert(lines, { ...jsonl, drop: ['empty'] })
    expect([sizes, report.droppedEmpty]).toEqual([[4], 2])
    await expect(convert(lines, jsonl)).rejects.toThrow(/line 1: n: is empty; drop such rows/)
  })

  it('are read where all conditions hold, of nested fields too', async () => {
    const lines = [
      '{"ts": 1, "n": 7, "ok": true, "http": {"status": 200}}',
      '{"ts": 2, "ok": false, "http": {"status": 200}}',
      '{"ts": 3, "n": 8, "ok": true, "http": {"status": 503}, "error": "timeout"}',
      '{"ts": 4, "n": 9, "ok": true, "http": null}',
    ]
    const read = (...where: string[]) => convert(lines.join('\n'), { ...jsonl, where })
    expect((await read('ok=true', 'http.status=200')).sizes).toEqual([7])
    expect((await read('error=', 'ok!=false')).sizes).toEqual([7, 9])
    await expect(read('ok=true', 'status!=503')).rejects.toThrow(
      /foreign: status: no line has this field; a condition names it; the fields of line 1 are ts, n, ok, http\.status$/,
    )
  })

  it('name the line of the first object where a condition names no field', async () => {
    const where = ['status=200']
    await expect(convert('\n{"ts": 1, "n": 7}\n', { ...jsonl, where })).rejects.toThrow(
      /status: no line has this field; a condition names it; the fields of line 2 are ts, n$/,
    )
    await expect(convert('{}\n', { ...jsonl, where })).rejects.toThrow(
      /status: no line has this field; a condition names it; line 1 has no field$/,
    )
  })

  it.each([
    ['no object', '{"ts": 1, "n": 1}\n[\n', /line 2: is not a JSON object.*expected .*\{"ts": 1, "n": 1\};/],
    [
      'a list',
      '[{"ts": 1, "n": 1}]\n',
      /line 1: is not a JSON object.*; jq -c '\.\[\]' writes those of a list$/,
    ],
    ['another JSON', '{\n', /line 1: is not a JSON object.*; jq -c writes other JSON as such lines$/],
    [
      'NaN, as Python writes it',
      '{"ts": 1, "n": 1}\n{"a \\"Infinity": "NaN", "ts": 2, "n": NaN}\n',
      /line 2: has NaN; JSON has no such number, though Python writes it: write null instead$/,
    ],
    ['an infinite number', '{"ts": -Infinity, "n": 1}\n', /line 1: has -Infinity; JSON has no such number/],
    ['a number beyond all numbers', '{"ts": 1, "n": 1e400}\n', /line 1: n: is "Infinity"; expected /],
    [
      'NaN in a string of a line that was cut',
      '{"ts": "NaN", "n": \n',
      /line 1: is not a JSON object, or was/,
    ],
    ['a word that begins with NaN', '{"ts": NaNs, "n": 1}\n', /line 1: is not a JSON object, or was cut/],
    [
      'a log',
      '[11/18/2025-09:30:00] [I] Throughput: 80 qps\n',
      /line 1: is not a JSON object.*"n": 1\}; is this CSV, or another format\?$/,
    ],
    [
      'an object with a list',
      '{"count": 2, "details": [{"ts": 1, "n": 7}, {"ts": 2, "n": 7}]}\n',
      /line 1: ts: is missing; objects in a list have it: write those of requests as lines by jq -c '\.details\[\]'$/,
    ],
    [
      'lists in lists',
      '{"a": [], "b": {"c": [{"d": null, "e": [{"ts": 1}]}]}, "f": [{"ts": 2}]}\n',
      /line 1: ts: is missing; .* as lines by jq -c '\.b\.c\[\]\.e\[\]' or jq -c '\.f\[\]'$/,
    ],
    [
      'a missing size',
      '{"ts": 1}\n',
      /line 1: n: is missing; the fields of this line are ts; leave out lines without it by --where "n!="$/,
    ],
    [
      'a line without fields',
      '{}\n',
      /line 1: ts: is missing; this line has no field; leave out lines without it by --where "ts!="$/,
    ],
    ['blank lines only', '\n \n', /foreign: is empty; was it written to the end\? Make it again$/],
    ['a size that is a list', '{"ts": 1, "n": [1]}\n', /line 1: n: is "\[1\]"; expected a batch size >= 0$/],
    ['a negative size', '{"ts": 1, "n": -1}\n', /line 1: n: is "-1"; expected a batch size >= 0$/],
    [
      'no arrival',
      '{"n": 1}\n',
      /line 1: ts: is missing; the fields of this line are n; leave out lines without it by --where "ts!="$/,
    ],
    [
      'dates without their unit',
      '{"ts": "2026-11-18T09:30:00Z", "n": 1}\n',
      /line 1: ts: is "2026.*; expected a number of milliseconds; for dates, --unit iso$/,
    ],
  ])('are refused with %s', async (_, content, message) => {
    const refused = convert(content, jsonl)
    await expect(refused).rejects.toMatchObject({ code: 'BAD_FILE', message: expect.stringMatching(message) })
  })

  it('are taken or refused, however they are broken', async () => {
    await readBroken('{"ts": 1, "n": 7}\n{"ts": 2.5, "n": "8"}\n', 'foreign', (text) => convert(text, jsonl))
  })
})
