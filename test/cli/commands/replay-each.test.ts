import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateTrace, readWorkload, writeTrace } from '../../../src/index.ts'
import { kairosHere, temporaryFolder } from '../kairos.ts'

const DRAWN = ['replay', '--rate', '60', '--queries', '600']
const MANY = [...DRAWN, '--counts', '2,0,9,0', '--counts', 'g4dn.xlarge=1,r5n.large=13', '--seeds', '3,1']

const jsonOf = async (args: readonly string[], cwd?: string) => {
  const { stdout, stderr, status } = await kairosHere([...args, '--format', 'json', '--quiet'], cwd)
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  return JSON.parse(stdout)
}

test('a row for each configuration, policy and seed: what a replay of its own gives', async () => {
  const { results, types } = await jsonOf([...MANY, '--policy', 'priced,fcfs'])
  const asked = [
    ['2,0,9,0', 'priced', '3'],
    ['2,0,9,0', 'priced', '1'],
    ['2,0,9,0', 'fcfs', '3'],
    ['2,0,9,0', 'fcfs', '1'],
    ['1,0,13,0', 'priced', '3'],
    ['1,0,13,0', 'priced', '1'],
    ['1,0,13,0', 'fcfs', '3'],
    ['1,0,13,0', 'fcfs', '1'],
  ]
  expect(results).toHaveLength(asked.length)
  for (const [i, [counts, policy, seed]] of asked.entries()) {
    const own = await jsonOf([...DRAWN, '--counts', counts, '--policy', policy, '--seed', seed])
    const { trace, ...row } = results[i]
    expect(trace).toBe(null)
    expect(own.results[0]).toMatchObject(row)
    expect(row.latencyMs.p99).toBeGreaterThan(0)
    expect(own.results[0].types).toEqual(types)
  }
})

test.each(['table', 'json', 'csv'])('the same %s for any number of threads', async (format) => {
  const [one, three] = await Promise.all(
    ['1', '3'].map((threads) => kairosHere([...MANY, '--format', format, '--threads', threads])),
  )
  expect(one).toMatchObject({ status: 0, stderr: expect.stringMatching(/^4 replays in \d+ ms\n$/) })
  expect(three.stdout).toBe(one.stdout)
})

test('long latencies as whole milliseconds', async () => {
  const { stdout } = await kairosHere([
    'replay',
    '--rate',
    '500',
    '--queries',
    '5000',
    '--counts',
    '1,0,1,0',
    '--seeds',
    '1',
  ])
  expect(stdout).toMatch(/ \d+,\d{3} +overloaded, misses QoS$/m)
  expect(stdout).not.toMatch(/e\+/)
})

test('two traces, one of them in the folder above a folder behind a link', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'elsewhere', 'logs'), { recursive: true })
  symlinkSync(join('elsewhere', 'logs'), join(folder, 'logs'))
  const { mix } = await readWorkload('rm2')
  for (const [seed, name] of ['a.csv', join('elsewhere', 'a.csv')].entries()) {
    const trace = generateTrace({ arrivals: 'poisson', rate: 60, queries: 100, seed, mix })
    await writeTrace(join(folder, name), trace)
  }
  const args = ['replay', '--trace', 'a.csv', '--trace', 'logs/../a.csv', '--counts', '2,0,9,0']
  const { results } = await jsonOf(args, folder)
  expect(results).toHaveLength(2)
  expect(results[0].throughput).not.toBe(results[1].throughput)
})

test('a table and CSV with the trace of each row; the saved configuration repeats it', async () => {
  const folder = temporaryFolder()
  const { mix } = await readWorkload('rm2')
  for (const [seed, name] of ['mon.csv', 'tue, late.csv'].entries()) {
    const trace = generateTrace({ arrivals: 'poisson', rate: 60, queries: 300, seed, mix })
    await writeTrace(join(folder, name), trace)
  }
  const args = [
    'replay',
    '--trace',
    'mon.csv',
    '--trace',
    'tue, late.csv',
    '--rate',
    '50',
    '--counts',
    '2,0,9,0',
  ]
  const table = await kairosHere([...args, '--counts', '0,0,9,0', '--out', 'out'], folder)
  const [title, summary, , header, ...rows] = table.stdout.trimEnd().split('\n')
  expect(title).toBe('rm2: 99% of queries within 350 ms')
  expect(summary).toBe('4 replays; sampled service times; latencies in ms')
  expect(header).toMatch(
    /^trace +counts +policy +seed +rate +queries +inside QoS +violations +q\/s .* verdict$/,
  )
  expect(rows).toHaveLength(4)
  expect(rows[0]).toMatch(
    /^mon\.csv +g4dn\.xlarge=2,r5n\.large=9 +priced +1 +50 +300 .*, (inside|misses) QoS$/,
  )
  expect(rows[3]).toMatch(/^tue, late\.csv +r5n\.large=9 +priced +1 +50 +300 /)
  expect(readFileSync(join(folder, 'out', 'replays.txt'), 'utf8')).toBe(table.stdout)
  const again = await kairosHere(['replay', '--config', 'out/config.json'], folder)
  expect(again.stdout).toBe(table.stdout)

  const csv = await kairosHere([...args, '--counts', '0,0,9,0', '--format', 'csv'], folder)
  const lines = csv.stdout.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^trace,count_g4dn\.xlarge,.*,policy,seed,rate_qps,queries,violations,/)
  expect(lines).toHaveLength(5)
  expect(lines[4]).toMatch(/^"tue, late\.csv",0,0,9,0,priced,1,50/)
})

test.each([
  [
    'a schedule',
    [...MANY, '--schedule', 'schedule.csv'],
    /--schedule does not go with many replays; leave it/,
  ],
  ['a picture', [...MANY, '--svg', 'replay.svg'], /--svg does not go with many replays/],
  ['a seed twice', [...DRAWN, '--counts', '2,0,9,0', '--seeds', '1,2,1'], /--seeds .*1 is named twice/],
  [
    'a trace twice',
    ['replay', '--trace', 'a.csv', '--trace', './a.csv', '--counts', '2,0,9,0'],
    /--trace: names \.\/a\.csv twice; name it once/,
  ],
  [
    'counts twice',
    [...MANY, '--counts', 'r5n.large=9,g4dn.xlarge=2'],
    /--counts: names g4dn\.xlarge=2,r5n\.large=9 twice; name it once/,
  ],
  ['a plan', [...DRAWN, '--plan', 'plan.json', '--seeds', '1'], /--plan does not go with many replays/],
  [
    'a queue for one',
    [...DRAWN, '--counts', '2,0,9,0', '--queue', 'redis://h'],
    /--queue is for many replays/,
  ],
  ['threads for one', [...DRAWN, '--counts', '2,0,9,0', '--threads', '2'], /--threads .*; give --seeds, or/],
  ['seeds alone', [...DRAWN, '--seeds', '1,2'], /--counts: is missing/],
  [
    'no trace',
    ['replay', '--counts', '2,0,9,0', '--seeds', '1'],
    /no trace is given; give --trace FILE, or --rate/,
  ],
  [
    'a seed that is none',
    [...DRAWN, '--counts', '2,0,9,0', '--seeds', '1,,2'],
    /--seeds <numbers>.*whole number/,
  ],
  ['counts that are none', [...MANY, '--counts', '2,x'], /--counts <counts>.*whole number from 0/],
  ['too few counts', [...MANY, '--counts', '2,0'], /--counts: has 2 numbers; one for each of/],
  [
    'no instance',
    [...MANY, '--counts', '0,0,0,0', '--out', 'out'],
    /--counts: the configuration has no instance/,
  ],
  ['no such file', [...MANY, '--counts', 'none.json'], /none\.json/],
])('refuses %s', async (_what, args, message) => {
  const folder = temporaryFolder()
  const { status, stdout, stderr } = await kairosHere(args, folder)
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n\s+at /)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(existsSync(join(folder, 'out'))).toBe(false)
})
