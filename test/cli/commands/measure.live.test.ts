import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readLatencyTable } from '../../../src/files/tables/latency-table.ts'
import { startEmulator } from '../../../src/serve/emulator/emulator.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { background } from '../background.ts'
import { kairos, temporaryFolder } from '../kairos.ts'

async function addresses(): Promise<string[]> {
  const workload = smallWorkload()
  const emulator = await startEmulator({
    workload,
    types: workload.latency.types,
    counts: [1, 1],
    overheadMs: 0,
  })
  onTestFinished(() => emulator.close())
  return emulator.servers.map(({ address }) => address)
}

const SETTINGS = ['--table', 'mine.csv', '--samples', '10', '--warm-up', '1']

test('a table in the shipped format, one type more in a second run', async () => {
  const folder = temporaryFolder()
  const [fast, slow] = await addresses()
  const first = await kairos(['measure', `gpu=${fast}`, ...SETTINGS, '--sizes', '1,10-12/2'], folder)
  expect(first).toMatchObject({ status: 0, stderr: 'wrote mine.csv: gpu, 3 bins\n' })
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
  expect(second.stdout.split('\n')[1]).toMatch(/^cpu,1,10,\d+\.\d{4},\d+\.\d{3},/)
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
  expect(measuring.stderr).toMatch(/the measured bins are kept: the same command continues from there/)
  expect(existsSync(join(folder, 'mine.csv'))).toBe(false)
  const [, kept] = readFileSync(partial, 'utf8').split('\n')
  const { status, stderr } = await kairos(args, folder)
  expect({ status, stderr }).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/\d bins were measured before/),
  })
  const table = await readLatencyTable(join(folder, 'mine.csv'))
  expect(table.knotsMs[0]).toBeCloseTo(Math.min(...JSON.parse(kept).samplesMs), 3)
})

describe('what cannot be measured: nothing is written', () => {
  test.each([
    ['no server', SETTINGS, /missing required argument 'type=address'/, 2],
    ['no table', ['a=127.0.0.1:1'], /required option '--table <file>' not specified/, 2],
    ['an address that is none', ['a=b', ...SETTINGS], /"a=b" is no server; expected type=host:port/, 2],
    [
      'sizes that are none',
      ['a=127.0.0.1:1', ...SETTINGS, '--sizes', 'x'],
      /--sizes.*Expected numbers and ranges/,
      2,
    ],
    ['a server that is not there', ['a=127.0.0.1:1', ...SETTINGS], /a batch of 10: UNAVAILABLE/, 1],
  ])('%s', async (_what, args, message, expected) => {
    const folder = temporaryFolder()
    const { status, stdout, stderr } = await kairos(['measure', ...args], folder)
    expect(stderr).toMatch(message)
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' })
    expect(existsSync(join(folder, 'mine.csv'))).toBe(false)
  })

  test('what was begun at another server', async () => {
    const folder = temporaryFolder()
    const settings = JSON.stringify({ samples: 10, warmUp: 1, model: null })
    const bin = JSON.stringify({ type: 'gpu', address: '127.0.0.1:1', batchSize: 1, samplesMs: [1, 2] })
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
      stderr: expect.stringMatching(/has other bins or knots/),
    })
  })
})
