/** Rows that are added to a table: what stays, what is replaced, and which columns the table has then. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readLatencyTable } from '../../../../src/files/tables/latency-table.ts'
import { scratchFolder } from '../../scratch.ts'
import { imported, PERF, refusal } from './imported.ts'

test('adds to a table: other types and batch sizes stay', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-import-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const out = join(folder, 'latency.csv')
  const line = PERF.join('\n')
  await imported('perf-analyzer', line, { batchSize: 1, type: 'a, b', out })
  await imported('perf-analyzer', line, { batchSize: 8, type: 'a, b', out })
  await imported('perf-analyzer', line.replace('13891', '14000'), { batchSize: 8, type: 'a, b', out })
  await imported('perf-analyzer', line, { batchSize: 1, type: 'c', out })
  const [, ...rows] = readFileSync(out, 'utf8').trim().split('\n')
  expect(rows.map((row) => row.split(',14.443,'))).toEqual([
    ['"a, b",1,1', '13.891,18.795,19.753,21.018'],
    ['"a, b",8,1', '14,18.795,19.753,21.018'],
    ['c,1,1', '13.891,18.795,19.753,21.018'],
  ])
})

test('adds rows of another tool to the columns of a table, and says which it leaves out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-import-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const out = join(folder, 'latency.csv')
  await imported('perf-analyzer', PERF.join('\n'), { batchSize: 8, type: 'a', out })
  const { lines, notes } = await imported('log', '8,4\n8,6', { out, type: 'b' })
  expect(lines[0]).toBe('instance_type,batch_size,concurrency,mean_ms,p50_ms,p90_ms,p95_ms,p99_ms')
  expect(lines[2]).toBe('b,8,,5,5,5.8,5.9,5.98')
  expect(notes.at(-1)).toMatch(
    /^left out samples,p0_ms,p1_ms,.*,p75_ms,p99.9_ms,p100_ms, which .*latency.csv does not have$/,
  )
  expect((await readLatencyTable(out)).types).toEqual(['a', 'b'])
  const other = join(folder, 'other.csv')
  await imported('log', '8,4\n8,6', { out: other, type: 'b' })
  expect(await refusal('perf-analyzer', PERF.join('\n'), { batchSize: 8, type: 'a', out: other })).toMatch(
    /other.csv line 1: has the columns samples,p0_ms,.*,p100_ms, which the imported rows do not have; both have instance_type,batch_size,mean_ms,p50_ms,p90_ms,p95_ms,p99_ms; add --common-columns to remove these columns from the table, or write these rows to a new table$/,
  )
  writeFileSync(other, 'instance_type,batch_size,mean_ms,p50_ms,p98_ms\nb,8,5,5,6\n')
  expect(await refusal('perf-analyzer', PERF.join('\n'), { batchSize: 8, type: 'a', out: other })).toMatch(
    /has the columns p98_ms, .*; write these rows to a new table: no quantile above the median is common$/,
  )
  const foreign = join(folder, 'foreign.csv')
  const text = 'batch_size,mean_ms,p100_ms\n8,4,9\n'
  writeFileSync(foreign, text)
  expect(await refusal('log', '8,4\n8,6', { out: foreign, type: 'b' })).toMatch(
    /foreign.csv line 1: is no latency table: it has no instance_type; write to a new file/,
  )
  expect(readFileSync(foreign, 'utf8')).toBe(text)
})

test('of two tools that each have quantiles of their own, a table keeps the common columns where that is asked for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-import-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const out = join(folder, 'latency.csv')
  const text = 'instance_type,batch_size,samples,mean_ms,p50_ms,p66_ms,p99_ms\nb,8,9,5,5,5.5,6\n'
  writeFileSync(out, text)
  const rows = PERF.join('\n')
  const refused = await refusal('perf-analyzer', rows, { batchSize: 8, type: 'a', out })
  expect(refused).toMatch(/: has the columns samples,p66_ms, which .*; add --common-columns to remove/)
  expect(readFileSync(out, 'utf8')).toBe(text)
  const { lines, notes } = await imported('perf-analyzer', rows, {
    ...{ batchSize: 8, type: 'a', out, commonColumns: true },
  })
  expect(lines).toEqual([
    'instance_type,batch_size,concurrency,mean_ms,p50_ms,p99_ms',
    'b,8,,5,5,6',
    expect.stringMatching(/^a,8,1,/),
  ])
  expect(notes.slice(-2)).toEqual([
    expect.stringMatching(/^left out p90_ms,p95_ms, which .*latency.csv does not have$/),
    expect.stringMatching(/^removed samples,p66_ms from .*latency.csv, which the imported rows do not have$/),
  ])
  const far = 'instance_type,batch_size,mean_ms,p50_ms,p98_ms\nb,8,5,5,6\n'
  writeFileSync(out, far)
  expect(await refusal('perf-analyzer', rows, { batchSize: 8, type: 'a', out, commonColumns: true })).toMatch(
    /no quantile above the median is common$/,
  )
  expect(readFileSync(out, 'utf8')).toBe(far)
})

test.each([
  [
    'is no number',
    'b,$5,5,6',
    /line 2: batch_size: is "\$5"; expected a number of items > 0, without a unit$/,
  ],
  ['is there twice', 'b,8,5,6\nb,8,5,7', /line 3: batch_size: is 8 for b a second time, after line 2/],
])('a table with a batch size that %s is not added to', async (_, rows, message) => {
  const { write } = scratchFolder()
  const text = `instance_type,batch_size,mean_ms,p99_ms\n${rows}\n`
  const out = write('latency.csv', text)
  const given = { batchSize: 4, type: 'a', out, commonColumns: true }
  expect(await refusal('perf-analyzer', PERF.join('\n'), given)).toMatch(message)
  expect(readFileSync(out, 'utf8')).toBe(text)
})

test('an empty file becomes a table, and a device is only written to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-import-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const out = join(folder, 'latency.csv')
  writeFileSync(out, '')
  await imported('log', '1,4\n1,4', { out, type: ' a ' })
  expect((await readLatencyTable(out)).types).toEqual(['a'])
  await imported('log', '1,4\n1,4', { out: '/dev/null' })
})

test('the concurrency is that of the file or of --concurrency, and may be missing for some types', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-import-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const out = join(folder, 'latency.csv')
  await imported('log', '1,4\n1,4', { out, type: 'unknown' })
  await imported('log', '1,5\n1,5', { out, type: 'told', concurrency: 4 })
  const table = await readLatencyTable(out)
  expect(table).toMatchObject({ types: ['unknown', 'told'], concurrency: Float64Array.of(0, 4) })
  await imported('log', '1,6\n1,6', { out, type: 'later' })
  expect((await readLatencyTable(out)).concurrency).toEqual(Float64Array.of(0, 4, 0))
})
