import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../files/scratch.ts'
import { kairosHere } from '../kairos.ts'

const LOG = 'type,n,took\nb,7,4\na,9,5\nb,80,6\na,70,7\n'
const MAP = ['--map', 'latency=took,size=n,type=type', '--unit', 'ms']

test('import log writes every type of a column, and says how many rows of which types', async () => {
  const scratch = scratchFolder()
  const log = scratch.write('log.csv', LOG)
  const out = join(scratch.path('.'), 'table.csv')
  // bins may be given in any order
  const args = ['import', 'log', log, ...MAP, '--bins', '100,10', '--out', out]
  expect(await kairosHere(args)).toMatchObject({
    status: 0,
    stdout: '',
    stderr: expect.stringMatching(/\nwrote 4 rows of 2 types to \S*table.csv\n$/),
  })
  const rows = (await readFile(out, 'utf8')).trim().split('\n').slice(1)
  expect(rows.map((row) => row.split(',').slice(0, 2).join())).toEqual(['b,10', 'b,100', 'a,10', 'a,100'])
})

test('import log adds rows to a table of other quantiles with --common-columns', async () => {
  const scratch = scratchFolder()
  const log = scratch.write('log.csv', LOG)
  const out = scratch.write('table.csv', 'instance_type,batch_size,mean_ms,p66_ms,p99_ms\nc,100,5,5.5,6\n')
  const args = ['import', 'log', log, ...MAP, '--bins', '100', '--out', out]
  expect(await kairosHere(args)).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(
      /line 1: has the columns p66_ms, .*; add --common-columns to remove these /,
    ),
  })
  expect(await kairosHere([...args, '--common-columns'])).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(
      /\nremoved p66_ms from \S*table.csv, which the imported rows do not have\n/,
    ),
  })
  const lines = (await readFile(out, 'utf8')).split('\n')
  expect(lines.slice(0, 2)).toEqual(['instance_type,batch_size,mean_ms,p99_ms', 'c,100,5,6'])
})

test.each([
  [
    ['--type', 'a', ...MAP],
    /^kairos-wasm: --type: is given, and the types are in "type" by --map; leave one out\n$/,
  ],
  [
    ['--map', 'latency=took,size=n', '--unit', 'ms'],
    /^kairos-wasm: --type: is missing; name the instance type, or its column by --map type=<column>\n$/,
  ],
  // only the last value would count
  [
    ['--type', 'a', '--batch-size', '1', '--map', 'latency=took', '--unit', 's', '--unit', 'ms'],
    /^kairos-wasm: --unit: is given twice; give it once\n$/,
  ],
  [
    ['--type', 'a', '--type', 'b', '--map', 'latency=took,size=n', '--unit', 'ms'],
    /^kairos-wasm: --type: is given twice; give it once\n$/,
  ],
  [
    [...MAP, '--bins', '10', '--where', 'n>1', '--where', 'n>2', '--bins', '100'],
    /^kairos-wasm: --bins: is given twice; give it once; several values have commas between them\n$/,
  ],
  // there is no table to remove columns from
  [
    [...MAP, '--common-columns'],
    /^kairos-wasm: --common-columns: is given without --out; name the table with --out\n$/,
  ],
])('import log refuses %j', async (flags, message) => {
  const log = scratchFolder().write('log.csv', LOG)
  expect(await kairosHere(['import', 'log', log, ...flags])).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(message),
  })
})

test('the help lists the flags of CSV for log only; a call of jsonl with one is refused with the reason', async () => {
  const [log, jsonl] = await Promise.all(
    ['log', 'jsonl'].map((format) => kairosHere(['import', format, '--help'])),
  )
  expect(log.stdout).toMatch(/^ {2}--delimiter .*\n(.*\n)+ {2}--header /m)
  expect(jsonl.stdout).toMatch(/^ {2}--where /m)
  expect(jsonl.stdout).not.toMatch(/^ {2}--(delimiter|header)/m)
  const file = scratchFolder().write('log.jsonl', '{"took":4,"n":1,"type":"a"}\n')
  expect(await kairosHere(['import', 'jsonl', file, ...MAP, '--delimiter', ';'])).toMatchObject({
    status: 2,
    stderr: 'kairos-wasm: --delimiter: is given for jsonl; only log takes it\n',
  })
})

test('import log takes a log of batch,latency_ms without --map', async () => {
  const log = scratchFolder().write('log.csv', 'batch,latency_ms\n4,5\n8,6\n')
  const { status, stdout } = await kairosHere(['import', 'log', log, '--type', 'gpu'])
  expect(status).toBe(0)
  expect(stdout).toMatch(/^instance_type,batch_size,.*\ngpu,4,.*\ngpu,8,.*\n$/)
})

test('import log writes to stdout, or says of one type how many batch sizes it has written', async () => {
  const scratch = scratchFolder()
  // the size is that before a file, or that of --batch-size
  const [four, others] = [scratch.write('4.csv', 'took\n3\n'), scratch.write('others.csv', 'took\n5\n')]
  const args = [
    'import',
    'log',
    `4=${four}`,
    others,
    '--type',
    'gpu',
    '--map',
    'latency=took',
    '--unit',
    'ms',
  ]
  const printed = await kairosHere([...args, '--batch-size', '8'])
  expect(printed.status).toBe(0)
  const rows = printed.stdout.trim().split('\n').slice(1)
  expect(rows.map((row) => row.split(',').slice(0, 2).join())).toEqual(['gpu,4', 'gpu,8'])
  expect(printed.stderr).not.toContain('wrote')
  const out = join(scratch.path('.'), 'table.csv')
  const saved = await kairosHere([...args, '--batch-size', '8', '--out', out])
  expect(saved).toMatchObject({
    ...{ status: 0, stdout: '' },
    stderr: expect.stringMatching(/\nwrote 2 batch sizes of gpu to \S*table.csv\n$/),
  })
  expect(await readFile(out, 'utf8')).toBe(printed.stdout)
})

test.each([
  ['log', ['--map', '--unit', '--where', '--bins'], ['--name']],
  ['k6', ['--name'], ['--map', '--unit', '--where', '--bins']],
  ['perf-analyzer', [], ['--name', '--map', '--unit', '--where', '--bins']],
])('import %s has only the flags that its files need', async (format, taken, others) => {
  const { stdout } = await kairosHere(['import', format, '--help'])
  const isListed = (flag: string) => new RegExp(`^ {2}${flag}\\b`, 'm').test(stdout)
  expect(taken.filter((flag) => !isListed(flag))).toEqual([])
  expect(others.filter(isListed)).toEqual([])
})
