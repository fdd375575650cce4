import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  generateTrace,
  metricsOf,
  readTrace,
  readWorkload,
  replay as replayOf,
  writeTrace,
} from '../../../src/index.ts'
import { GOLDEN_REPLAYS, goldenReplay } from '../../fixtures/golden-replay.ts'
import { kairos, kairosHere, temporaryFolder, withDefaults } from '../kairos.ts'
import { withCounts } from './replay-counts.ts'

const replay = (...args: string[]) => kairosHere(['replay', ...withCounts(args)])

const DRAWN = ['--rate', '95', '--queries', '2000']
const drawn = (...args: string[]) => replay(...DRAWN, ...args)

/** The first result, as data. */
async function resultOf(...args: string[]) {
  const { stdout, stderr } = await replay(...args, '--format', 'json', '--quiet')
  expect(stderr).toBe('')
  return JSON.parse(stdout).results[0]
}

describe('the schedules of an independent program', () => {
  test.each(
    GOLDEN_REPLAYS.flatMap((name) => [
      [name, 'wasm'],
      [name, 'fallback'],
    ]),
  )('%s by the %s kernel', async (name, kernel) => {
    const golden = goldenReplay(name as (typeof GOLDEN_REPLAYS)[number])
    const { model, counts, policy, violations, decisions, p50Ms, p99Ms, meanMs } = golden.summary
    const folder = temporaryFolder()
    const trace = join(folder, 'trace.csv')
    const schedule = join(folder, 'new', 'schedule.csv')
    await writeTrace(trace, golden)
    const question = ['--trace', trace, '--model', model, '--counts', counts.join(), '--policy', policy]
    question.push('--service', 'mean')
    const result = await resultOf(...question, '--kernel', kernel, '--schedule', schedule)
    expect(result).toMatchObject({ policy, queries: 5000, violations, decisions })
    expect(result.latencyMs.p50).toBeCloseTo(p50Ms, 5)
    expect(result.latencyMs.p99).toBeCloseTo(p99Ms, 5)
    expect(result.latencyMs.avg).toBeCloseTo(meanMs, 5)

    const [header, ...lines] = readFileSync(schedule, 'utf8').trimEnd().split('\n')
    expect(header).toBe('query,instance,start_ms,finish_ms')
    const rows = lines.map((line) => line.split(',').map(Number))
    expect(rows.map(([query]) => query)).toEqual(rows.map((_, i) => i))
    expect(rows.map(([, instance]) => instance)).toEqual(Array.from(golden.instance))
    const off = (column: number, times: Float64Array) =>
      Math.max(...rows.map((row, i) => Math.abs(row[column] - times[i])))
    expect(off(2, golden.startMs)).toBeLessThan(1e-6)
    expect(off(3, golden.finishMs)).toBeLessThan(1e-6)
  })
})

describe('the published comparison: rm2 on 2 g4dn.xlarge and 9 r5n.large', () => {
  const published = ['--arrivals', 'integer-gaps', '--queries', '20000', '--service', 'mean']

  test.each(['mean', 'sampled'])('matching at a mean gap of 10.5 ms is in time, %s', async (service) => {
    const rate = String(1000 / 10.5)
    const { queries, violations } = await resultOf(
      ...withDefaults(published, ['--rate', rate, '--service', service]),
    )
    expect(queries).toBe(20_000)
    expect(violations).toBeLessThanOrEqual(200)
  })

  test.each(['1', '2', '3'])('first come, first served at 20 ms is at the edge, seed %s', async (seed) => {
    const more = ['--rate', '50', '--policy', 'fcfs', '--seed', seed]
    const { violations } = await resultOf(...published, ...more)
    expect(Math.abs(violations / 20_000 - 0.01)).toBeLessThan(0.005)
  })
})

describe('what it prints', () => {
  test('a table of figures, busy types, sizes and queues for each policy', async () => {
    const { status, stdout, stderr } = await drawn('--policy', 'kairos,fcfs')
    expect(status).toBe(0)
    const lines = stdout.split('\n')
    expect(lines[0]).toBe('rm2 on g4dn.xlarge=2,r5n.large=9: 99% of queries within 350 ms')
    expect(lines[1]).toMatch(
      /^2,000 queries at \d+(\.\d)? a second; service times drawn with seed 1; latencies in ms$/,
    )
    const header = /^policy +inside QoS +violations +q\/s +avg +min +p50 +p90 +p99 +max +std +verdict$/
    expect(lines[3]).toMatch(header)
    expect(lines[4]).toMatch(/^kairos .*(stable|backlogged|overloaded), inside QoS$/)
    expect(stdout).toMatch(/^busy +g4dn.xlarge +r5n.large\nkairos +\d+\.\d% +\d+\.\d%\nfcfs /m)
    expect(stdout).toMatch(/^fcfs: who served which batch sizes\nabove, up to +queries +g4dn.xlarge/m)
    expect(stdout).toMatch(/^kairos {2}[▁▂▃▄▅▆▇█]{60} {2}up to \d/m)
    expect(stdout).not.toContain('\u001b')
    expect(stderr).toMatch(/^2,000 queries under 2 policies in \d+ ms\n$/)
  })

  test('of the served sizes only those that are asked for', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'trace.csv'), 'arrival_ms,batch_size\n0,10\n10,20\n20,950\n')
    const { stdout } = await kairosHere(
      ['replay', '--trace', 'trace.csv', '--counts', '2,0,9,0', '--policy', 'fcfs'],
      folder,
    )
    const [, table] = /above, up to.*\n([\s\S]*?)\n\n/.exec(stdout)!
    expect(table.split('\n').map((line) => line.trim().split(/ {2,}/).slice(0, 2))).toEqual([
      ['0 to 95', '2'],
      ['855 to 950', '1'],
    ])
  })

  test('JSON with the figures of the API, and the time only where it is asked for', async () => {
    const workload = await readWorkload('rm2')
    const recipe = { arrivals: 'gamma', cv: 2, rate: 80, queries: 2000, seed: 7, mix: workload.mix } as const
    const types = workload.latency.types
    const run = replayOf({
      ...{ workload, types, counts: [1, 0, 13, 0], policy: 'fcfs', service: 'sampled', seed: 7 },
      trace: generateTrace(recipe),
    })
    const { queue, ...metrics } = metricsOf(run)
    const args = ['--arrivals', 'gamma', '--cv', '2', '--rate', '80', '--queries', '2000', '--seed', '7']
    args.push('--counts', '1,0,13,0', '--policy', 'fcfs', '--service', 'sampled')
    const result = await resultOf(...args)
    expect(result).toMatchObject({
      ...metrics,
      ...{ model: 'rm2', qosMs: 350, percentile: 99, types, counts: [1, 0, 13, 0], service: 'sampled' },
      queue: {
        edgesMs: Array.from(queue.edgesMs),
        mean: Array.from(queue.mean),
        most: Array.from(queue.most),
      },
    })
    expect(Object.keys(result).slice(0, 6)).toEqual([
      'policy',
      'queries',
      'violations',
      'throughput',
      'latencyMs',
      'decisions',
    ])
    expect(Object.keys(result.latencyMs)).toEqual(['avg', 'min', 'max', 'p99', 'p90', 'p50', 'std'])
    expect(result).not.toHaveProperty('elapsedMs')
    expect(await resultOf(...args, '--timing')).toEqual({ ...result, elapsedMs: expect.any(Number) })
  })

  test('a row a policy as CSV', async () => {
    const { stdout } = await drawn('--policy', 'fcfs,kairos', '--format', 'csv', '--timing')
    const [header, ...lines] = stdout.trimEnd().split('\n')
    expect(header).toBe(
      'policy,queries,violations,inside_qos,within_qos,throughput_qps,avg_ms,min_ms,max_ms,p99_ms,p90_ms,p50_ms,' +
        'std_ms,decisions,verdict,utilisation_g4dn.xlarge,utilisation_c5n.2xlarge,utilisation_r5n.large,' +
        'utilisation_t3.xlarge,elapsed_ms',
    )
    expect(lines.map((line) => line.split(',').slice(0, 2))).toEqual([
      ['fcfs', '2000'],
      ['kairos', '2000'],
    ])
  })

  test.each(['mean', 'sampled'])(
    'the same bytes for the same seed and either kernel, %s',
    async (service) => {
      const args = ['--service', service, '--policy', 'kairos,fcfs', '--format', 'json']
      const { stdout } = await drawn(...args)
      const own = await kairos(['replay', ...withCounts([...DRAWN, ...args])])
      expect(own.stdout).toBe(stdout)
      expect((await drawn(...args, '--kernel', 'fallback')).stdout).toBe(stdout)
      expect((await drawn(...args, '--seed', '2')).stdout).not.toBe(stdout)
    },
  )

  test('that there are too few queries for the percentile', async () => {
    const few = ['--rate', '95', '--queries', '99']
    const { status, stderr } = await replay(...few)
    expect(status).toBe(0)
    expect(stderr).toContain(
      '99 are too few queries to tell whether 99% are in time: at least 100 are needed\n',
    )
    const many = await replay('--rate', '95', '--queries', '1234', '--percentile', '99.99')
    expect(many.stderr).toContain(
      '1,234 are too few queries to tell whether 99.99% are in time: at least 10,000 ',
    )
    expect((await replay(...few, '--percentile', '90')).stderr).not.toContain('too few')
    expect((await resultOf(...few)).tooFewQueries).toBe(true)
  })

  test('a load beyond the configuration is overloaded', async () => {
    const { verdict, withinQos } = await resultOf('--rate', '400', '--queries', '4000')
    expect({ verdict, withinQos }).toEqual({ verdict: 'overloaded', withinQos: false })
  })
})

describe('what it reads', () => {
  test('a trace, at another rate and under another target', async () => {
    const file = join(temporaryFolder(), 'trace.csv')
    const { mix } = await readWorkload('rm2')
    await writeTrace(file, generateTrace({ arrivals: 'poisson', rate: 30, queries: 500, seed: 3, mix }))
    const slow = await resultOf('--trace', file)
    const fast = await resultOf('--trace', file, '--rate', '100')
    expect(slow.rate).toBeCloseTo(30, -1)
    expect(fast.rate).toBeCloseTo(100, 9)
    expect(fast.latencyMs.avg).toBeGreaterThan(slow.latencyMs.avg)
    const strict = await resultOf('--trace', file, '--qos-ms', '50', '--percentile', '90')
    expect(strict).toMatchObject({ qosMs: 50, percentile: 90 })
    expect(strict.violations).toBeGreaterThan(slow.violations)
  })

  test('counts from a published config.json, types in the order of a space', async () => {
    const folder = temporaryFolder()
    const file = (name: string, content: object) => {
      writeFileSync(join(folder, name), JSON.stringify(content))
      return join(folder, name)
    }
    const counts = file('config.json', { 'r5n.large': 9, 'g4dn.xlarge': 2 })
    const expected = await resultOf('--rate', '95', '--queries', '500')
    expect(await resultOf('--rate', '95', '--queries', '500', '--counts', counts)).toEqual(expected)
    const meant = await kairosHere([
      'replay',
      '--config',
      counts,
      '--rate',
      '95',
      '--queries',
      '500',
      '--quiet',
    ])
    expect(meant.stdout).toContain('rm2 on g4dn.xlarge=2,r5n.large=9')
    const types = [
      { name: 'r5n.large', max: 9 },
      { name: 'g4dn.xlarge', max: 9 },
    ]
    const space = file('space.json', { types, budgetPerHour: 3 })
    const turned = (configuration: string) =>
      resultOf('--rate', '95', '--queries', '500', '--space', space, '--counts', configuration)
    expect(await turned('9,2')).toMatchObject({
      types: ['r5n.large', 'g4dn.xlarge'],
      counts: [9, 2],
    })
    expect(await turned(counts)).toEqual(await turned('9,2'))
  })

  test('the trace that generate draws is the one that replay draws', async () => {
    const file = join(temporaryFolder(), 'trace.csv')
    await kairosHere(['trace', 'generate', '--rate', '95', '--queries', '800', '--seed', '5', '--out', file])
    const own = await resultOf('--rate', '95', '--queries', '800', '--seed', '5')
    expect(await resultOf('--trace', file, '--seed', '5')).toEqual(own)
    expect((await readTrace(file)).arrivalMs).toHaveLength(own.queries)
  })
})

describe('what it saves', () => {
  test('a schedule for each policy, a picture, and a configuration that gives the result again', async () => {
    const folder = temporaryFolder()
    const at = (name: string) => join(folder, name)
    const args = ['--policy', 'kairos,fcfs', '--schedule', at('s.csv'), '--svg', at('p.svg')]
    const { stdout } = await drawn(...args, '--format', 'csv', '--out', folder)
    expect(readdirSync(folder).sort()).toEqual([
      'config.json',
      'p.svg',
      'replay.csv',
      's.fcfs.csv',
      's.kairos.csv',
    ])
    expect(readFileSync(at('replay.csv'), 'utf8')).toBe(stdout)
    const svg = readFileSync(at('p.svg'), 'utf8')
    for (const part of ['queries waiting', '% that take longer (log scale)', 'kairos', 'fcfs']) {
      expect(svg).toContain(part)
    }
    expect(svg).not.toContain('NaN')
    for (const policy of ['kairos', 'fcfs']) {
      const [header, ...lines] = readFileSync(at(`s.${policy}.csv`), 'utf8')
        .trimEnd()
        .split('\n')
      expect([header, lines.length]).toEqual(['query,instance,start_ms,finish_ms', 2000])
    }
    const again = await kairosHere(['replay', '--config', at('config.json'), '--quiet'])
    expect(again).toEqual({ status: 0, stdout, stderr: '' })
  })

  test('packed schedules keep both ends of their names', async () => {
    const folder = temporaryFolder()
    const schedule = join(folder, 's.csv.GZ')
    await replay('--rate', '95', '--queries', '100', '--policy', 'kairos,fcfs', '--schedule', schedule)
    expect(readdirSync(folder).sort()).toEqual(['s.fcfs.csv.GZ', 's.kairos.csv.GZ'])
    const text = gunzipSync(readFileSync(join(folder, 's.fcfs.csv.GZ'))).toString()
    expect(text.trimEnd().split('\n')).toHaveLength(101)
  })
})
