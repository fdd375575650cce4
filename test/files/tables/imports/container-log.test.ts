/** Lines of containers, as Docker and collectors of logs write them. */
import { describe, expect, test } from 'vitest'
import { imported, refusal } from './imported.ts'

describe('lines of containers', () => {
  // Docker, json-file: the line of the container is a text
  const docker = (line: string) =>
    JSON.stringify({ log: `${line}\n`, stream: 'stdout', time: '2026-11-30T12:00:00Z' })
  const lines = [
    docker('ready'),
    docker('{"ms": 4, "n": 2, "start": 1795000200000000000, "end": 1795000200006100333}'),
  ].join('\n')

  test('have the fields of the JSON that is their text', async () => {
    const where = ['log.n>0']
    const read = { log: { map: { latency: 'log.ms', size: 'log.n' }, unit: 'ms', where } } as const
    expect((await imported('jsonl', lines, read)).lines[1]).toMatch(/^gpu,2,1,4,/)
    const map = { latency: 'log.end-log.start' }
    const difference = { batchSize: 2, log: { map, unit: 'ns', where } } as const
    expect((await imported('jsonl', lines, difference)).lines[1]).toMatch(/^gpu,2,1,6\.100333,/)
  })

  test('are refused with these fields where one is missing', async () => {
    const [, second] = lines.split('\n')
    expect(
      await refusal('jsonl', second, { batchSize: 1, log: { map: { latency: 'ms' }, unit: 'ms' } }),
    ).toBe(
      'in line 1: ms: is missing; did you mean log.ms? the fields of this line are log.ms, log.n, log.start, log.end, stream, time',
    )
    expect(
      await refusal('jsonl', lines, { batchSize: 1, log: { map: { latency: 'log.ms' }, unit: 'ms' } }),
    ).toMatch(/^in line 1: log.ms: is missing; the fields of this line are log, stream, time; leave out/)
  })

  test('tell of fields of that JSON that are not read, and name no positions of lists', async () => {
    const line = docker('{"ms": 4, "n": 2, "status": 200, "tokens": [1, 2]}')
    const given = (latency: string) => ({ batchSize: 1, log: { map: { latency }, unit: 'ms' } }) as const
    const { notes } = await imported('jsonl', line, given('log.ms'))
    expect(notes).toContain(
      'in: the field log.status is not read; leave out requests that failed by --where, such as --where log.status=...',
    )
    expect(await refusal('jsonl', '{"tokens": [1, 2], "took": 4}', given('ms'))).toMatch(
      /the fields of this line are tokens, took;/,
    )
  })

  test('are refused where text stands before the object', async () => {
    const given = { batchSize: 1, log: { map: { latency: 'ms' }, unit: 'ms' } } as const
    for (const before of ['2026-11-30T12:00:00.1Z stdout F ', 'web-1  | ', '[info] ']) {
      expect(await refusal('jsonl', `${before}{"ms": 4}\n`, given)).toBe(
        "in line 1: is not a JSON object, or was cut; text stands before the object: remove it, such as by sed 's/^[^{]*//'",
      )
    }
    for (const other of ['[{"ms": 4}]\n', '  {"ms": 4, "n": undefined}\n'])
      expect(await refusal('jsonl', other, given)).toMatch(/; expected a JSON object on each line, /)
  })
})
