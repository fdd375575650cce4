import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readWorkload } from '../../../src/files/documents/workload.ts'
import { readLatencyTable } from '../../../src/files/tables/latency-table.ts'
import { inBatches, stockServer } from '../../serve/driver/stock-servers.ts'
import { emulate } from '../../serve/router/live.ts'
import { background } from '../background.ts'
import { kairos, temporaryFolder } from '../kairos.ts'

async function addresses(): Promise<string[]> {
  const { servers } = await emulate([1, 1])
  return servers.map(({ address }) => address)
}

const SETTINGS = ['--table', 'mine.csv', '--samples', '10', '--warm-up', '1']

test('a table in the shipped format, one type more in a second run', async () => {
  const folder = temporaryFolder()
  const [fast, slow] = await addresses()
  const first = await kairos(['measure', `gpu=${fast}`, ...SETTINGS, '--sizes', '1,10-12/2'], folder)
  expect(first).toMatchObject({ status: 0 })
  const said = first.stderr.trim().split('\n')
  expect(said[0]).toMatch(
    /^the client itself takes up to [\d.]+ ms, [\d.]+% of a batch of \d+: included in the table; --client-cost subtract/,
  )
  expect(said[1]).toMatch(
    /^sizes between bins are rounded up: just above \d+ a batch counts as \d+, up to \d+% longer on gpu; .*add --bins 1-12\/2%$/,
  )
  expect(said.slice(2)).toEqual(['wrote mine.csv: gpu, 3 bins'])
  expect(first.stdout.split('\n')[0].trim().split(/ {2,}/)).toEqual([
    'type',
    'batch',
    'samples',
    'mean ms',
    'p50',
    'p99',
    'max',
    'p99/p50',
  ])
  const args = ['measure', `cpu=${slow}`, ...SETTINGS, '--sizes', '1,10,12', '--model-name', 'small']
  const second = await kairos([...args, '--format', 'csv', '--quiet'], folder)
  expect(second).toMatchObject({ status: 0, stderr: '' })
  expect(second.stdout.split('\n')[1]).toMatch(/^cpu,1,10,1,\d+\.\d{4},\d+\.\d{3},/)
  const table = await readLatencyTable(join(folder, 'mine.csv'))
  expect(table.types).toEqual(['gpu', 'cpu'])
  expect([...table.batchSizes]).toEqual([1, 10, 12])
  // fast: 0.5 to 1.5 ms on one item; slow: 10 to 30 ms on ten
  expect(table.meanMs[4]).toBeGreaterThan(table.meanMs[0])
  expect(existsSync(join(folder, 'mine.csv.partial.ndjson'))).toBe(false)
})

test('Ctrl-C keeps what is measured, the same command goes on', async () => {
  const folder = temporaryFolder()
  const [, slow] = await addresses()
  const args = ['measure', `cpu=${slow}`, ...SETTINGS, '--sizes', '1,9,10']
  const measuring = background(args, folder)
  const partial = join(folder, 'mine.csv.partial.ndjson')
  while (!existsSync(partial)) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(await measuring.end('SIGINT')).toBe(130)
  expect(measuring.stderr).toMatch(/the measured rounds are kept: the same command continues from there/)
  expect(existsSync(join(folder, 'mine.csv'))).toBe(false)
  const kept = readFileSync(partial, 'utf8').trim().split('\n').slice(1)
  const { status, stderr } = await kairos(args, folder)
  expect({ status, stderr }).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/\d rounds? measured before/),
  })
  const table = await readLatencyTable(join(folder, 'mine.csv'))
  expect(table.knotsMs[0]).toBeLessThanOrEqual(
    Math.min(...kept.map((line) => JSON.parse(line).samplesMs[0])) + 0.001,
  )
})

test('rounds of another type stay for its own measurement', async () => {
  const folder = temporaryFolder()
  const settings = JSON.stringify({ samples: 10, warmUp: 1, concurrency: 1, model: null, sizes: [1] })
  const round = JSON.stringify({ type: 'gpu', samplesMs: [1], address: '127.0.0.1:1' })
  const partial = join(folder, 'mine.csv.partial.ndjson')
  writeFileSync(partial, `${settings}\n${round}\n`)
  const [fast] = await addresses()
  const args = [...SETTINGS, '--sizes', '1', '--client-cost', 'skip']
  const cpu = await kairos(['measure', `cpu=${fast}`, ...args], folder)
  expect(cpu).toMatchObject({ status: 0, stderr: 'wrote mine.csv: cpu, 1 bin\n' })
  expect(readFileSync(partial, 'utf8')).toBe(`${settings}\n${round}\n`)
  // the address of the rounds, where no server is
  const gpu = await kairos(['measure', 'gpu=127.0.0.1:1', ...args], folder)
  expect(gpu.stderr).toMatch(
    /^1 round measured before: .*\n.*ECONNREFUSED.*; start it, correct its address, .*; the measured rounds are kept: /,
  )
})

test('a type more in a table that was imported from a log, with its 99.9th percentile', async () => {
  const folder = temporaryFolder()
  const [fast] = await addresses()
  writeFileSync(join(folder, 'log.csv'), 'batch,latency_ms\n1,2\n1,3\n')
  await kairos(['import', 'log', 'log.csv', '--type', 'cpu', '--out', 'mine.csv'], folder)
  const { status, stderr } = await kairos(
    ['measure', `gpu=${fast}`, ...SETTINGS, '--sizes', '1', '--client-cost', 'skip'],
    folder,
  )
  expect({ status, stderr }).toMatchObject({ status: 0 })
  const { types, levels } = await readLatencyTable(join(folder, 'mine.csv'))
  expect({ types, levels: [...levels.slice(-3)] }).toEqual({
    types: ['cpu', 'gpu'],
    levels: [0.99, 0.999, 1],
  })
})

test('bins between the sizes are interpolated, those of a table that is added to too', async () => {
  const folder = temporaryFolder()
  const [fast, slow] = await addresses()
  const args = [...SETTINGS, '--client-cost', 'skip', '--quiet']
  await kairos(['measure', `gpu=${fast}`, ...args, '--sizes', '1,10', '--bins', '1-10/3'], folder)
  const { stdout } = await kairos(['measure', `cpu=${slow}`, ...args, '--sizes', '1,2,10'], folder)
  expect(stdout.match(/^ *cpu .*/gm)?.map((line) => line.trim().split(/ +/)[1])).toEqual([
    '1',
    '4',
    '7',
    '10',
  ])
  const table = await readLatencyTable(join(folder, 'mine.csv'))
  expect([...table.batchSizes]).toEqual([1, 4, 7, 10])
  expect([...table.samples]).toEqual([10, 0, 0, 10, 10, 0, 0, 10])
  expect(table.meanMs[1]).toBeCloseTo(table.meanMs[0] + (table.meanMs[3] - table.meanMs[0]) / 3, 3)
})

test('inputs, shapes and the batching of a workload', async () => {
  const folder = temporaryFolder()
  const inputs = [{ name: 'tokens', datatype: 'INT64', shape: [-1, -1] }]
  const { address, got } = await stockServer({ inputs, serve: inBatches(64, (items) => 40 + items / 4) })
  const workload = join(folder, 'm.yaml')
  writeFileSync(workload, '# mine\nmodel: m\nlatency: mine.csv\nmix: mix.csv\nqosMs: 90\npercentile: 99\n')
  writeFileSync(join(folder, 'mix.csv'), 'batch_size,probability\n1,0.5\n16,0.5\n')
  const args = ['measure', `gpu=${address}`, ...SETTINGS, '--sizes', '1,4,16,64', '--model-name', 'm']
  const run = (...more: string[]) => kairos([...args, '--client-cost', 'skip', ...more], folder)
  const batching = ['--concurrency', '4', '--workload', 'm.yaml']
  const { status, stderr } = await run('--shape', 'tokens=-1,16', ...batching)
  expect(stderr).toContain('wrote batching: { maxBatch: {"gpu":64} } into m.yaml')
  expect(stderr).not.toContain('free dimension')
  expect(status).toBe(0)
  expect(got.at(-1)!.inputs[0].shape[1]).toBe(16)
  expect(readFileSync(workload, 'utf8')).toMatch(
    /^# mine\nmodel: m\n[\s\S]*batching:\n {2}maxBatch:\n {4}gpu: 64\n$/,
  )
  await expect(readWorkload(workload)).resolves.toMatchObject({
    batching: { maxBatch: { gpu: 64 } },
    latency: { concurrency: Float64Array.of(1) },
  })
  const told = await run('--input', 'other:FP32:-1,2')
  expect(told.status).toBe(0)
  expect(got.at(-1)!.inputs).toMatchObject([{ name: 'other', datatype: 'FP32' }])
  expect((await run()).stderr).toMatch(/a free dimension of tokens \[-1,-1\] set to 1.*--shape tokens=-1,128/)
})

test('the largest batch is a bin of the table, and a workload that cannot take it is refused before the measurement', async () => {
  const folder = temporaryFolder()
  const inputs = [{ name: 'tokens', datatype: 'INT64', shape: [-1, 4] }]
  const { address, got } = await stockServer({ inputs, serve: inBatches(20, (items) => 60 + items / 4) })
  const workload = (latency: string, batching = '') =>
    `model: m\nlatency: ${latency}\nmix: mix.csv\nqosMs: 90\npercentile: 99\n${batching}`
  writeFileSync(join(folder, 'mix.csv'), 'batch_size,probability\n1,0.5\n16,0.5\n')
  writeFileSync(join(folder, 'm.yaml'), workload('mine.csv'))
  writeFileSync(join(folder, 'all.yaml'), workload('mine.csv', 'batching: { maxBatch: 1 }\n'))
  writeFileSync(join(folder, 'other.yaml'), workload('other.csv'))
  writeFileSync(
    join(folder, 'other.csv'),
    'instance_type,batch_size,mean_ms,p0_ms,p100_ms\ncpu,1,1,1,1\ncpu,64,2,2,2\n',
  )
  const args = ['measure', `gpu=${address}`, ...SETTINGS, '--sizes', '1,3,10,48', '--model-name', 'm']
  const run = (file: string, ...more: string[]) =>
    kairos([...args, '--client-cost', 'skip', '--concurrency', '4', '--workload', file, ...more], folder)
  const refused: [string, RegExp][] = [
    ['none.yaml', /none\.yaml: there is no such file or folder; check the path/],
    ['all.yaml', /all\.yaml.*batching\.maxBatch: is 1 for all types; remove it/],
    [
      'other.yaml',
      /other\.yaml line 2: latency: names .*other\.csv, which has no gpu; name .*mine\.csv there/,
    ],
  ]
  for (const [file, message] of refused) {
    const { status, stderr } = await run(file)
    expect(stderr).toMatch(message)
    expect(status).toBe(2)
  }
  expect(got).toEqual([])
  const { status, stderr } = await run('m.yaml', '--bins', '1,8,48')
  expect(stderr).toContain('the server batches concurrent requests, up to about 10 items')
  expect(stderr).toContain('wrote batching: { maxBatch: {"gpu":8} } into m.yaml')
  expect(stderr).not.toContain('MaxListeners')
  expect(status).toBe(0)
  await expect(readWorkload(join(folder, 'm.yaml'))).resolves.toMatchObject({
    batching: { maxBatch: { gpu: 8 } },
  })
})

describe('what cannot be measured: nothing is written', () => {
  test('what was begun at another server', async () => {
    const folder = temporaryFolder()
    const settings = JSON.stringify({ samples: 10, warmUp: 1, concurrency: 1, model: null, sizes: [1, 2] })
    const bin = JSON.stringify({ type: 'gpu', address: '127.0.0.1:1', samplesMs: [1, 2] })
    const partial = join(folder, 'mine.csv.partial.ndjson')
    writeFileSync(partial, `${settings}\n${bin}\n`)
    const [fast] = await addresses()
    const { status, stderr } = await kairos(['measure', `gpu=${fast}`, ...SETTINGS, '--sizes', '1,2'], folder)
    expect(status).toBe(2)
    expect(stderr).toContain(
      `gpu=${fast}: gpu was measured at 127.0.0.1:1 before; measure it there, or remove `,
    )
    expect(readFileSync(partial, 'utf8')).toBe(`${settings}\n${bin}\n`)
  })

  test('into a table of other sizes', async () => {
    const folder = temporaryFolder()
    const [fast] = await addresses()
    await kairos(['measure', `gpu=${fast}`, ...SETTINGS, '--sizes', '1'], folder)
    const { status, stderr } = await kairos(['measure', `cpu=${fast}`, ...SETTINGS, '--sizes', '10'], folder)
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /mine.csv has the bin 1, and 10 to 10 are measured; .*write another table/,
      ),
    })
  })
})
