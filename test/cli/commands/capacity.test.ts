import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { fluidProgram } from '../../../src/bound/fluid.ts'
import {
  allowableThroughput,
  generateTrace,
  readWorkload,
  type Trace,
  type Workload,
} from '../../../src/index.ts'
import { binOf } from '../../../src/model/workload/workload.ts'
import { highsBound } from '../../kernel/fluid-highs.ts'
import { interrupted } from '../interrupted.ts'
import { kairos, kairosHere, temporaryFolder, withDefaults } from '../kairos.ts'

const capacity = (...args: string[]) =>
  kairosHere(['capacity', ...withDefaults(['--counts', '2,0,9,0'], args)])

const SHORT = ['--queries', '3000', '--repeats', '3']

async function dataOf(...args: string[]) {
  const { stdout, stderr } = await capacity(...args, '--format', 'json', '--quiet')
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

/** The shares of the bins of a trace. */
function mixOf({ batchSize }: Trace, { latency: { batchSizes } }: Workload): Workload['mix'] {
  const probabilities = new Float64Array(batchSizes.length)
  for (const size of batchSize) probabilities[binOf(batchSizes, size)] += 1 / batchSize.length
  return { batchSizes, probabilities }
}

describe('what it prints', () => {
  test('how many replays come from the log', async () => {
    const args = ['--queries', '200', '--repeats', '2', '--log', join(temporaryFolder(), 'trials.ndjson')]
    const first = await capacity(...args)
    const replays = /^(\d+) replays in \d+ ms, 0 of them from the log$/m.exec(first.stderr)?.[1]
    const second = await capacity(...args)
    expect(second.stderr).toMatch(
      RegExp(`^${replays} replays in \\d+ ms, ${replays} of them from the log$`, 'm'),
    )
    expect(second.stdout).toBe(first.stdout)
  })

  test('a table beside the fluid bound, and how policies compare', async () => {
    const { status, stdout, stderr } = await capacity(...SHORT, '--policy', 'kairos,fcfs')
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toBe('rm2 on g4dn.xlarge=2,r5n.large=9: 99% of queries within 350 ms')
    expect(lines[1]).toBe(
      '3 x 3,000 queries from seed 1, poisson arrivals, sampled service times; ±: 95% interval',
    )
    expect(lines[3]).toMatch(/^policy +allowable q\/s +± +of the bound +times fcfs$/)
    expect(lines[4]).toMatch(/^kairos +\d+\.\d +\d+\.\d\d +\d+\.\d% +█+.? +\d\.\d\d ± \d\.\d\d$/)
    expect(lines[5]).toMatch(/^fcfs +\d+\.\d /)
    expect(lines[6]).toMatch(/^bound of draws +1(19|20)\.\d$/)
    expect(stderr).toMatch(/^\d+ replays in \d+ ms\n$/)
  })

  test('JSON with what the API returns', async () => {
    const workload = await readWorkload('rm2')
    const { types } = workload.latency
    const found = await allowableThroughput({
      ...{ workload, types, counts: [2, 0, 9, 0], policy: 'kairos', queries: 3000, repeats: 3, threads: 1 },
    })
    const { bound, results, ...question } = await dataOf(...SHORT, '--policy', 'kairos,fcfs')
    expect(question).toEqual({
      ...{ model: 'rm2', qosMs: 350, percentile: 99, types, counts: [2, 0, 9, 0], service: 'sampled' },
      ...{ arrivals: 'poisson', queries: 3000, repeats: 3, seed: 1 },
    })
    // the sizes of 9,000 queries, by an independent solver
    const sizes = [1, 2, 3].map((seed) =>
      mixOf(
        generateTrace({ arrivals: 'poisson', rate: 1, queries: 3000, seed, mix: workload.mix }),
        workload,
      ),
    )
    const bounds = sizes.map(
      (mix) => highsBound(fluidProgram({ ...workload, mix }, types), [2, 0, 9, 0]).bound,
    )
    expect(bound).toBeCloseTo((bounds[0] + bounds[1] + bounds[2]) / 3, 5)
    const { ofBound, bounds: _, queries: __, ...measured } = found
    const [kairos, fcfs] = results
    expect(kairos).toMatchObject({ policy: 'kairos', ...measured, atBound: false })
    expect([kairos.shareOfBound, kairos.shareHalfWidth]).toEqual([ofBound?.mean, ofBound?.halfWidth])
    expect(kairos.shareOfBound).toBeCloseTo(
      found.rates.reduce((sum, rate, k) => sum + rate / bounds[k] / 3, 0),
      6,
    )
    expect(fcfs).toMatchObject({ policy: 'fcfs', ratio: { mean: 1, halfWidth: 0 } })
    const ratios = found.rates.map((rate, k) => rate / fcfs.rates[k])
    expect(kairos.ratio.mean).toBeCloseTo((ratios[0] + ratios[1] + ratios[2]) / 3, 12)
  })

  test('a row a policy as CSV; one repetition has no interval', async () => {
    const once = ['--queries', '1000', '--repeats', '1']
    const { stdout } = await capacity(...once, '--policy', 'kairos,fcfs', '--format', 'csv')
    const [header, first] = stdout.split('\n')
    expect(header).toBe(
      'policy,allowable_qps,half_width_qps,bound_qps,share_of_bound,share_half_width,ratio,ratio_half_width',
    )
    expect(first).toMatch(/^kairos,[\d.]+,,1[12]\d\.\d+,0\.\d+,,[\d.]+,$/)
    expect((await dataOf(...once)).results[0].halfWidth).toBe(null)
  })

  describe('the same bytes as a process of its own', () => {
    const args = ['--queries', '600', '--repeats', '3', '--policy', 'kairos,fcfs', '--format', 'json']
    let own: string
    beforeAll(async () => {
      own = (await kairos(['capacity', '--counts', '2,0,9,0', ...args])).stdout
    })
    test.each([
      ['--threads', '1'],
      ['--threads', '3'],
      ['--kernel', 'fallback'],
    ])('with %s %s', async (...flags) => {
      expect((await capacity(...args, ...flags)).stdout).toBe(own)
    })
  })
})

describe('the published comparison: rm2 on 2 g4dn.xlarge and 9 r5n.large', () => {
  test('matching allows nearly twice what first come, first served does', async () => {
    const { results } = await dataOf(
      '--arrivals',
      'integer-gaps',
      '--queries',
      '20000',
      '--policy',
      'kairos,fcfs',
    )
    const [kairos, fcfs] = results
    expect(kairos.mean).toBeGreaterThan(1000 / 10.5)
    expect(fcfs.mean).toBeGreaterThan(1000 / 20)
    expect(kairos.ratio.mean).toBeGreaterThan(1.8)
    expect(kairos.ratio.mean).toBeLessThan(2.2)
  })
})

describe('it does not exceed the fluid bound by more than its interval', () => {
  test.each(
    ['rm2', 'ncf', 'wnd', 'mtwnd', 'dien'].flatMap((model) =>
      ['2,0,9,0', '3,1,3,2'].map((counts) => [model, counts]),
    ),
  )('%s on %s', async (model, counts) => {
    for (const service of ['sampled', 'mean']) {
      const question = ['--model', model, '--counts', counts, '--service', service, '--threads', '1']
      const { bound, results } = await dataOf(...question, ...SHORT, '--policy', 'kairos,fcfs')
      expect(bound).toBeGreaterThan(0)
      for (const { shareOfBound, shareHalfWidth } of results) {
        expect(shareOfBound - shareHalfWidth).toBeLessThanOrEqual(1)
      }
    }
  })
})

test('saves the result and a configuration that gives it again', async () => {
  const folder = temporaryFolder()
  const args = ['--queries', '500', '--repeats', '2', '--arrivals', 'gamma', '--cv', '2']
  const { stdout } = await capacity(...args, '--out', folder)
  expect(readdirSync(folder).sort()).toEqual(['capacity.txt', 'config.json'])
  expect(readFileSync(join(folder, 'capacity.txt'), 'utf8')).toBe(stdout)
  const again = await kairosHere(['capacity', '--config', join(folder, 'config.json'), '--quiet'])
  expect(again).toEqual({ status: 0, stdout, stderr: '' })
})

describe('bad input: exit 2, what is wrong and what to do, and nothing on stdout', () => {
  test.each([
    [
      'too few queries',
      ['--queries', '99'],
      /--queries: is 99; the 99th percentile needs a whole number, at least 100/,
    ],
    ['no repetition', ['--repeats', '0'], /--repeats <count>.*whole number from 1/],
    ['counts that do not fit', ['--counts', '1,2'], /--counts: has 2 numbers; one for each of g4dn.xlarge/],
    ['no instance', ['--counts', '0,0,0,0'], /--counts: the configuration has no instance/],
    ['no such policy', ['--policy', 'fcsf'], /--policy: .*"fcsf"; did you mean "fcfs"/],
    ['cv without gamma', ['--cv', '2'], /--cv: is given for poisson arrivals/],
    ['no such process', ['--arrivals', 'bursts'], /--arrivals <process>.*choices are poisson, gamma/],
  ])('%s', async (_what, args, message) => {
    const { status, stdout, stderr } = await capacity(...args)
    expect(stderr).toMatch(message)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})

describe('where no policy keeps the target at any rate: exit 3, and why', () => {
  test.each([
    [
      'the bound does not either',
      ['--counts', '0,0,0,3'],
      /nothing is feasible: under every routing too many queries are late/,
    ],
    [
      'the bound does',
      ['--counts', '2,0,9,0', '--policy', 'power-of-two'],
      /nothing is feasible: replays miss the target at any rate, although the bound does not: try another/,
    ],
  ])('%s', async (_what, args, message) => {
    const { status, stdout, stderr } = await capacity(...args, ...SHORT)
    expect(status).toBe(3)
    expect(stdout).toContain('0.0')
    expect(stderr).toMatch(message)
  })

  test('one policy that does is an answer', async () => {
    const { status } = await capacity('--counts', '2,0,9,0', '--policy', 'power-of-two,kairos', ...SHORT)
    expect(status).toBe(0)
  })
})

test('Ctrl-C ends a long search with 130', async () => {
  const stderr = 'kairos-wasm: interrupted before it was done\n'
  expect(await interrupted(['capacity', '--counts', '2,0,9,0', '--repeats', '5000'])).toEqual({
    status: 130,
    stdout: '',
    stderr,
  })
})
