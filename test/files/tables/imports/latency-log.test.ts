/** Plain logs of latencies, and the server logs of `distribute`. */
import { expect, test } from 'vitest'
import { LATENCY_FORMATS } from '../../../../src/files/tables/imports/formats.ts'
import { importLatencies } from '../../../../src/files/tables/imports/import-latencies.ts'
import { addSample, noSamples } from '../../../../src/files/tables/imports/log-samples.ts'
import { mean as meanOf } from '../../../../src/model/workload/derived-quantiles.ts'
import { scratchFolder } from '../../scratch.ts'
import { imported, refusal } from './imported.ts'

test.each(['batch,latency_ms\n', 'batch_size,latency_ms\n', ''])(
  'makes quantiles by bin: "%s"',
  async (header) => {
    const many = Array.from({ length: 40 }, (_, i) => `8,${20 + i}`)
    const { lines, notes } = await imported('log', `${header}${['1,4', '1,6', ...many].join('\n')}\n`)
    expect(lines[1]).toMatch(/^gpu,1,2,5,4,.*,5,.*,6$/)
    expect(lines[2]).toMatch(/^gpu,8,40,39.5,20,.*,39.5,.*,59$/)
    expect(notes[1]).toBe('fewer than 30 samples, so that the tail is a guess: batch sizes 1 (2)')
  },
)

test('says of a file with one line for each size that a table of means needs no import', async () => {
  const noteOf = async (content: string) => (await imported('log', content)).notes.at(-1)
  expect(await noteOf('batch,latency_ms\n1,4\n8,9\n32,20\n')).toBe(
    'fewer than 30 samples, so that the tail is a guess: batch sizes 1 (1), 8 (1), 32 (1); if the file has means and quantiles instead of requests, it is a latency table once its columns are named as kairos-wasm schema latency says',
  )
  expect(await noteOf('batch,latency_ms\n1,4\n8,9\n8,10\n')).not.toContain('latency table')
})

test.each([
  [
    'time,ms\n1,2',
    /is "time,ms"; expected the columns batch,latency_ms; name others by --map latency=<column>,size=<column>$/,
  ],
  ['# batch,latency_ms\n1,2', /is "# batch,latency_ms"; .*; if the header does, remove only its #$/],
  ['batch;latency_ms\n1;2,5', /is "batch;latency_ms"; add --delimiter ";"/],
  [
    '{\n  "batch": 1\n}',
    /line 1: is "\{"; this is JSON, not CSV: .* by the format jsonl of trace convert and import/,
  ],
  [
    'batch,latency_ms,latency_ms\n1,2,3',
    /in line 1: latency_ms: the column is there twice; remove one of them$/,
  ],
  ['[[1, 4.5], [2, 5.5]]', /line 1: is "\[\[1,4.5\],\[2,5.5\]\]"; this is JSON, not CSV/],
  ['[]', /line 1: is "\[\]"; this is JSON, not CSV/],
  [
    'batch,latency_ms\n1,0',
    /line 2: latency_ms: is "0"; expected a number of milliseconds > 0.*; leave out requests that failed, such as by --where status=200; if the log rounds short times to 0, log more digits, or measure by kairos-wasm measure: --where "latency_ms>0" leaves out the fastest requests$/,
  ],
  ['1,1e200', /line 1: latency_ms: is "1e200"; expected a number of milliseconds > 0 and up to 1e15/],
  ['0,3', /line 1: batch: is "0"/],
  [
    '1595325560,8,20\n1595325561,8,21',
    /line 1: is "1595325560,8,20"; expected the columns batch,latency_ms; name others by --map/,
  ],
])('refuses %j', async (content, message) => {
  expect(await refusal('log', content)).toMatch(message)
})

test('keeps rare timeouts out of the slowest percent: 1 in 2,000 requests, mean of the quantiles within 5%', async () => {
  const lines = Array.from({ length: 4000 }, (_, i) => `1,${i % 2000 === 7 ? 1000 : 10 + (i % 10)}`)
  const { lines: table } = await imported('log', `batch,latency_ms\n${lines.join('\n')}\n`)
  const at = Object.fromEntries(table[0].split(',').map((name, i) => [name, Number(table[1].split(',')[i])]))
  expect(at).toMatchObject({ p99_ms: 19, 'p99.9_ms': 19, p100_ms: 1000 })
  const levels = Object.keys(at).filter((name) => name.startsWith('p'))
  const mean = meanOf(
    levels.map((name) => Number(name.slice(1, -3)) / 100),
    levels.map((name) => at[name]),
  )
  expect(mean / at.mean_ms).toBeCloseTo(1, 1)
})

test('joins the requests of several logs, and refuses a file that is named twice', async () => {
  const scratch = scratchFolder()
  const [a, b, c] = ['1,4\n1,6\n8,9\n', '1,11\n', '1,3\n'].map((text, i) => ({
    file: scratch.write(`${i}.csv`, text),
  }))
  const { readLatencies: read } = await LATENCY_FORMATS.find(({ name }) => name === 'log')!.load()
  const { text, notes } = await importLatencies({ read, sources: [a, b, c], type: 'gpu' })
  expect(text).toMatch(/\ngpu,1,4,6,3,.*,11\ngpu,8,1,9,/)
  expect(notes).toContain('joined from several files: batch sizes 1 (3 files)')
  const again = { file: a.file.replace('0.csv', './0.csv') }
  await expect(importLatencies({ read, sources: [a, again], type: 'gpu' })).rejects.toThrow(
    /0.csv: is named twice; name each file once$/,
  )
  // the same requests for two batch sizes
  const sizes = [1, 8].map((batchSize) => ({ ...a, batchSize }))
  const log = { map: { latency: 'took' }, unit: 'ms', header: ['n', 'took'] } as const
  await expect(importLatencies({ read, sources: sizes, type: 'gpu', log })).rejects.toThrow(
    /0.csv: is named twice; name each file once$/,
  )
})

test('refuses statistics of a batch size that another file has', async () => {
  const scratch = scratchFolder()
  const header =
    'Type,Name,Request Count,Failure Count,Average Response Time,Min Response Time,Max Response Time,50%,99%\n'
  const sources = ['a.csv', 'b.csv'].map((name) => ({
    file: scratch.write(name, `${header}POST,/p,40,0,5,3,8,5,7\n`),
    batchSize: 1,
  }))
  const { readLatencies: read } = await LATENCY_FORMATS.find(({ name }) => name === 'locust')!.load()
  await expect(importLatencies({ read, sources, type: 'gpu' })).rejects.toThrow(
    /b.csv: has batch size 1, which another file has; name each batch size once: statistics cannot be joined$/,
  )
})

test('takes the service times of a server log of distribute', async () => {
  const log =
    'arrival_ms,batch_size,start_ms,finish_ms,service_ms\n11.2,8,11.8,20.3,5.9\n22.7,8,22.9,31.3,6.1\n'
  const { lines } = await imported('log', log)
  expect(lines[1]).toMatch(/^gpu,8,2,6,5.9,/)
})

test('refuses a server log of batches, and one without the times of the server', async () => {
  const log = 'arrival_ms,batch_size,start_ms,finish_ms,service_ms\n11.2,8,11.8,20.3,5.9\n11.3,4,11.8,20.3,'
  expect(await refusal('log', `${log}5.9\n`)).toBe(
    'in line 3: started with another query, in a batch whose time service_ms is; import the log of a run without batches (--no-batching), and that of each run as a file of its own',
  )
  expect(await refusal('log', `${log}\n`)).toMatch(
    /^in line 3: service_ms: is empty; expected the time of the server, which it has not reported: measure it by/,
  )
})

test('takes queries that started together and took different times, and refuses a time that is no number', async () => {
  const log = 'arrival_ms,batch_size,start_ms,finish_ms,service_ms\n11.2,8,11.8,20.3,5.9\n11.3,8,11.8,20.3,'
  expect((await imported('log', `${log}7.9\n`)).lines[1]).toMatch(/^gpu,8,2,6.9,/)
  expect(await refusal('log', `${log}x\n`)).toMatch(
    /^in line 3: service_ms: is "x"; expected a number of mil/,
  )
})

test('finds the queries of a batch in any order of a server log, and takes starts that are no numbers', async () => {
  const log = 'arrival_ms,batch_size,start_ms,finish_ms,service_ms\n11.2,8,11.8,20.3,5.9\n11.3,8,'
  expect((await imported('log', `${log}11.9,20.3,5.9\n`)).lines[1]).toMatch(/^gpu,8,2,5.9,/)
  expect(await refusal('log', `${log}11.80,20.3,5.90\n`)).toMatch(/^in line 3: started with another query/)
  expect((await imported('log', `${log}11.7,20.3,5.9\n`)).lines[1]).toMatch(/^gpu,8,2,5.9,/)
  const unsorted = `${log}11.7,20.3,5.9\n11.2,4,11.8,21.3,5.9\n`
  expect(await refusal('log', unsorted)).toMatch(/^in line 4: started with another query/)
  expect((await imported('log', `${log},20.3,5.9\n11.4,8,,20.3,5.9\n`)).lines[1]).toMatch(/^gpu,8,3,5.9,/)
})

test('says which sizes of other types a live run never gave a type', async () => {
  const out = scratchFolder().write('table.csv', '')
  await imported('log', 'batch,latency_ms\n1,4\n8,6\n64,9\n', { type: 'gpu', out })
  const { notes } = await imported('log', 'batch,latency_ms\n1,4\n8,6\n', { type: 'cpu', out })
  expect(notes).toContain(
    'every type of a latency table needs every batch size: cpu lacks batch size 64; measure them by kairos-wasm measure, import more requests, round those of a log up by --bins, or add rows with times of at least 200 latency targets where a type cannot serve a size',
  )
  const next = await imported('log', 'batch,latency_ms\n1,4\n', { type: 'a100', out })
  expect(next.notes.join()).not.toMatch(/every type/)
})

test('takes latencies where a log has both', async () => {
  const { lines } = await imported('log', 'batch,service_ms,latency_ms\n1,5,20\n1,6,30\n')
  expect(lines[1]).toMatch(/^gpu,1,2,25,/)
})

test('tells of a column that says which requests failed', async () => {
  const { notes } = await imported('log', 'when,batch,latency_ms,status_code\n0,1,4,200\n1,1,6,503\n')
  expect(notes[1]).toBe(
    'in: the column status_code is not read; leave out requests that failed by --where, such as --where status_code=...',
  )
  const log = { where: ['status_code=200'] }
  const filtered = await imported('log', 'when,batch,latency_ms,status_code\n0,1,4,200\n', { log })
  expect(filtered.notes.join()).not.toMatch(/is not read/)
})

test('refuses a batch size for the file', async () => {
  const log = ['batch,latency_ms\n1,4\n', '1,4\n']
  for (const text of log) {
    expect(await refusal('log', text, { batchSize: 8 })).toBe(
      'in: has a batch size in each line, and 8 is given for the file; name the file without a batch size, or its columns by --map latency=<column>',
    )
  }
})

test('says of a file with other columns how to name them, whether or not its batch size is given', async () => {
  const hey = 'response-time,DNS,status-code\n0.0076,0.0007,200\n'
  const problem = 'in line 1: is "response-time,DNS,status-code"; expected the columns batch,latency_ms; '
  expect(await refusal('log', hey)).toBe(`${problem}name others by --map latency=<column>,size=<column>`)
  expect(await refusal('log', hey, { batchSize: 8 })).toBe(`${problem}name others by --map latency=<column>`)
})

test('leaves out rows for which a condition does not hold', async () => {
  const log = 'batch,latency_ms,status\n1,4,200\n1,0,503\n1,6,200\n'
  const { lines, notes } = await imported('log', log, { log: { where: ['status=200'] } })
  expect(lines[1]).toMatch(/^gpu,1,2,5,/)
  expect(notes[1]).toBe('in: --where leaves out 1 of 3 rows')
  expect(await refusal('log', log, { log: { where: ['status=OK'] } })).toBe(
    'in: has 3 rows, and --where leaves out all of them; is each condition right?',
  )
  expect(await refusal('log', log, { log: { where: ['code=200'] } })).toBe(
    'in line 1: code: the column is missing; a condition names it; the header is batch,latency_ms,status',
  )
})

test('rounds batch sizes up to bins', async () => {
  const log = 'batch,latency_ms\n1,4\n8,6\n9,10\n20,12\n'
  const { lines } = await imported('log', log, { log: { bins: [8, 20] } })
  expect(lines.slice(1).map((line) => line.split(',').slice(0, 4))).toEqual([
    ['gpu', '8', '2', '5'],
    ['gpu', '20', '2', '11'],
  ])
  expect(await refusal('log', log, { log: { bins: [8, 16] } })).toBe(
    'in line 5: batch: is "20"; expected at most 16, the largest of --bins: add a bin, or leave such rows out by --where "batch<=16"',
  )
})

test('takes another delimiter, of one character', async () => {
  const { lines } = await imported('log', 'batch;latency_ms\n1;4\n', { log: { delimiter: ';' } })
  expect(lines[1]).toMatch(/^gpu,1,1,4,/)
  expect(await refusal('log', 'batch,latency_ms\n1,4\n', { log: { delimiter: ';' } })).toBe(
    'in line 1: is "batch,latency_ms"; leave --delimiter out: the header has commas',
  )
  expect(await refusal('log', '1,4\n', { log: { delimiter: ';;' } })).toBe(
    'delimiter: is ";;"; expected one character',
  )
})

test('refuses more requests than an import keeps, of one file or of several together', async () => {
  const scratch = scratchFolder()
  const [a, b] = ['a.csv', 'b.csv'].map((name) => ({ file: scratch.write(name, '1,4\n1,6\n8,9\n') }))
  const { readLatencies: read } = await LATENCY_FORMATS.find(({ name }) => name === 'log')!.load()
  const withMost = (mostLatencies: number, ...sources: { file: string }[]) =>
    importLatencies({ read, sources, type: 'gpu', mostLatencies })
  const message =
    /csv: has more requests than an import keeps, 67,108,864 of all files together; import a shorter log, or fewer rows by --where$/
  await expect(withMost(2, a)).rejects.toThrow(message)
  await expect(withMost(5, a, b)).rejects.toMatchObject({ code: 'TOO_LARGE', place: b })
  expect((await withMost(6, a, b)).rows).toBe(2)
  const samples = noSamples()
  const add = () => addSample({ file: 'in', concurrency: 1, mostLatencies: 1 }, samples, undefined, 1, 4)
  add()
  expect(add).toThrow(/^in: has more requests/)
})

test('refuses more batch sizes than a table can have', () => {
  const request = { file: 'in', concurrency: 1, mostLatencies: 1e6 }
  const samples = noSamples()
  for (let size = 1; size <= 1e5; size++) addSample(request, samples, undefined, size, 4)
  addSample(request, samples, undefined, 1, 5)
  expect(() => addSample(request, samples, 'gpu', 1, 4)).toThrow(
    /^in: has more than 100,000 batch sizes, those of each type counted; round them up by --bins, or name/,
  )
})

test('asks whether a log was cut whose last line has no end', async () => {
  const note = 'in: the last line has no line end: was the file cut inside its last number?'
  const mapped = { batchSize: 1, log: { map: { latency: 'latency_ms' }, unit: 'ms' } } as const
  for (const given of [{}, mapped]) {
    expect((await imported('log', 'batch,latency_ms\n1,14.5\n1,1', given)).notes).toContain(note)
    expect((await imported('log', 'batch,latency_ms\n1,14.5\n1,1\n', given)).notes).not.toContain(note)
  }
  // a column that is not read may be cut
  expect((await imported('log', 'latency_ms,host\n14.5,ab', mapped)).notes).not.toContain(note)
})
