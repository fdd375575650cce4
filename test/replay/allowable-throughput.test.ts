import { beforeAll, describe, expect, it, vi } from 'vitest'
import { fluidProgram } from '../../src/bound/fluid.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import { rateOf } from '../../src/model/trace/trace.ts'
import type { Workload } from '../../src/model/workload/workload.ts'
import { allowableThroughput, type ThroughputRequest } from '../../src/replay/allowable-throughput.ts'
import { openLocalJobs } from '../../src/replay/local-jobs.ts'
import { replay } from '../../src/replay/replay.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'
import { highsBound } from '../kernel/fluid-highs.ts'

const TYPES = ['g4dn.xlarge', 'c5n.2xlarge', 'r5n.large', 't3.xlarge']

describe('allowableThroughput', () => {
  let rm2: Workload
  let mtwnd: Workload
  beforeAll(async () => {
    rm2 = await readWorkload('rm2')
    mtwnd = await readWorkload('mtwnd')
  })
  const short: Omit<ThroughputRequest, 'workload'> = {
    types: TYPES,
    counts: [2, 0, 9, 0],
    queries: 3000,
    repeats: 3,
    threads: 1,
  }

  it('is the same for any number of threads and either kernel; each repetition has the next seed', async () => {
    const once = await allowableThroughput({ ...short, workload: rm2, queries: 600 })
    expect(await allowableThroughput({ ...short, workload: rm2, queries: 600, threads: 2 })).toEqual(once)
    expect(await allowableThroughput({ ...short, workload: rm2, queries: 600, kernel: 'fallback' })).toEqual(
      once,
    )
    expect(once.rates).toHaveLength(3)
    const second = await allowableThroughput({ ...short, workload: rm2, queries: 600, repeats: 1, seed: 2 })
    expect(second.rates).toEqual([once.rates[1]])
  })

  it('has the same share of the bound for queries that take hours', async () => {
    const { latency, ...small } = smallWorkload()
    const shareOf = async (factor: number) => {
      const slower = (times: Float64Array) => times.map((ms) => ms * factor)
      const workload = {
        ...small,
        latency: { ...latency, meanMs: slower(latency.meanMs), knotsMs: slower(latency.knotsMs) },
        qosMs: small.qosMs * factor,
      }
      const fleet = { types: ['fast'], counts: [1], policy: 'fcfs', queries: 500, repeats: 2, threads: 1 }
      return (await allowableThroughput({ ...fleet, workload })).ofBound!.mean
    }
    expect(await shareOf(1e8)).toBeCloseTo(await shareOf(1), 7)
  })

  it('finds an edge: the rate holds, and one within half a percent above it does not', async () => {
    for (const [workload, policy] of [
      [rm2, 'kairos'],
      [rm2, 'fcfs'],
      [mtwnd, 'kairos'],
    ] as const) {
      const { rates, refused } = await allowableThroughput({
        ...short,
        workload,
        policy,
        repeats: 1,
        seed: 7,
      })
      const violations = (rate: number) => {
        const recipe = { arrivals: 'poisson', rate: 100, queries: 3000, seed: 7, mix: workload.mix } as const
        const drawn = generateTrace(recipe)
        const { types, counts } = short
        return replay({
          workload,
          types,
          counts,
          policy,
          // the rate is that of the gaps that were drawn
          trace: { ...drawn, arrivalMs: drawn.arrivalMs.map((ms) => (ms * rateOf(drawn)) / rate) },
          service: 'sampled',
          seed: 7,
        }).violations
      }
      expect(violations(rates[0])).toBeLessThanOrEqual(30)
      // close to the limit a growing queue, or what is parked, is refused too
      expect(violations(refused[0])).toBeGreaterThan(20)
      expect(refused[0] / rates[0]).toBeLessThanOrEqual(1.005)
    }
  })

  it('does not exceed the fluid bound by more than its interval', async () => {
    for (const [workload, counts] of [
      [rm2, [2, 0, 9, 0]],
      [rm2, [1, 1, 10, 0]],
      [rm2, [3, 1, 3, 0]],
      [mtwnd, [2, 0, 9, 0]],
      [mtwnd, [1, 1, 10, 0]],
      [mtwnd, [2, 0, 7, 2]],
    ] as const) {
      // by an independent solver
      const { bound } = highsBound(fluidProgram(workload, TYPES), counts)
      for (const policy of ['kairos', 'fcfs']) {
        const { mean, halfWidth } = await allowableThroughput({ ...short, workload, counts, policy })
        expect(mean).toBeGreaterThan(policy === 'kairos' ? 0.3 * bound : 0)
        expect(mean - halfWidth).toBeLessThan(bound)
      }
    }
  })

  it('grows with the configuration, and by matching', async () => {
    const mean = async (counts: number[], policy: string) =>
      (await allowableThroughput({ ...short, workload: rm2, counts, policy })).mean
    const published = await mean([2, 0, 9, 0], 'kairos')
    expect(await mean([4, 0, 18, 0], 'kairos')).toBeGreaterThan(2 * published)
    expect(published).toBeGreaterThan(1.5 * (await mean([2, 0, 9, 0], 'fcfs')))
  })

  it('takes other arrivals', async () => {
    const even = { ...short, workload: rm2, repeats: 1 }
    const { mean: poisson } = await allowableThroughput(even)
    const { mean: published } = await allowableThroughput({ ...even, arrivals: 'integer-gaps' })
    const { mean: bursts } = await allowableThroughput({ ...even, arrivals: 'gamma', cv: 3 })
    expect(published).toBeGreaterThan(poisson)
    expect(bursts).toBeLessThan(poisson)
  })

  it('is 0 where more queries are late at any rate than may be', async () => {
    // a quarter of the queries takes 400 ms
    const hopeless = { ...smallWorkload(), qosMs: 300 }
    const none = await allowableThroughput({
      workload: hopeless,
      types: ['slow'],
      counts: [5],
      service: 'mean',
      queries: 200,
      repeats: 2,
      threads: 1,
    })
    expect(none).toMatchObject({ mean: 0, halfWidth: 0, rates: [0, 0] })
  })

  it('leaves the jobs open that it is given', async () => {
    const jobs = await openLocalJobs({ threads: 1 }, 0)
    const close = vi.spyOn(jobs, 'close')
    const one = { ...short, workload: rm2, queries: 600, repeats: 1 }
    const measured = await allowableThroughput({ ...one, threads: undefined, jobs })
    expect(close).not.toHaveBeenCalled()
    await jobs.close()
    expect(measured).toEqual(await allowableThroughput(one))
  })

  it('reports progress and ends when it is told to', async () => {
    const done: string[] = []
    const controller = new AbortController()
    const running = allowableThroughput({
      ...short,
      workload: rm2,
      queries: 500,
      signal: controller.signal,
      onProgress: ({ done: repetition, total }) => {
        done.push(`${repetition} of ${total}`)
        if (repetition === 2) controller.abort()
      },
    })
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
    expect(done).toEqual(['1 of 3', '2 of 3'])
  })

  it.each([1, 2])('is ended while replays run, on %i threads', async (threads) => {
    const controller = new AbortController()
    const { signal } = controller
    // minutes of work, were it not for the signal
    const long = { workload: rm2, queries: 300_000, kernel: 'fallback' as const, signal, threads }
    const running = allowableThroughput({ ...short, ...long })
    setTimeout(() => controller.abort(), 1000)
    await expect(running).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('refuses what cannot be answered', async () => {
    const ask = (more: object) => allowableThroughput({ ...short, workload: rm2, ...more })
    await expect(ask({ queries: 99 })).rejects.toThrow(
      'queries: is 99; the 99th percentile needs a whole number, at least 100',
    )
    await expect(ask({ repeats: 0 })).rejects.toThrow('repeats: is 0')
    await expect(ask({ seed: 2 ** 32 - 2, repeats: 3 })).rejects.toThrow(
      'seed: is 4294967294; a whole number from 0 to 4294967293 is expected',
    )
    const wide = { ...rm2, latency: { ...rm2.latency, meanMs: rm2.latency.meanMs.with(0, 1e-9) } }
    for (const queries of [2000, 'auto'])
      await expect(ask({ workload: wide, queries })).rejects.toThrow(
        'latency: has service times from 1e-9 to',
      )
    await expect(ask({ threads: 1.5 })).rejects.toThrow('threads: is 1.5')
    await expect(ask({ threads: 1025 })).rejects.toThrow('threads: is 1025; a whole number from 1 to 1024')
    await expect(ask({ counts: [0, 0, 0, 0] })).rejects.toThrow('the configuration has no instance')
    await expect(ask({ cv: 2 })).rejects.toThrow('cv: is given for poisson arrivals')
    await expect(ask({ queries: 100, counts: [100, 0, 100, 0] })).rejects.toThrow(
      'so few that any rate is allowed',
    )
  })

  it('allows queries that take long on a slow machine to end long after the last arrival', async () => {
    const { mix, ...small } = smallWorkload()
    // one query in 1,000 takes ten times the target, which one in 100 may
    const rare = { ...mix, probabilities: Float64Array.of(0.75, 0.249, 0.001) }
    const { rates } = await allowableThroughput({
      workload: { ...small, qosMs: 40, mix: rare },
      ...{ types: ['slow'], counts: [20], policy: 'fcfs' },
      ...{ queries: 4000, repeats: 10, threads: 1 },
    })
    expect(Math.min(...rates)).toBeGreaterThan(0.8 * Math.max(...rates))
  })

  it('hardly depends on the moment at which the last query arrives where many may be late', async () => {
    const { rates } = await allowableThroughput({
      ...{ workload: { ...rm2, percentile: 90 }, types: TYPES, counts: [1, 0, 13, 0] },
      ...{ queries: 20_000, repeats: 4, threads: 1 },
    })
    expect(Math.min(...rates)).toBeGreaterThan(0.98 * Math.max(...rates))
  })
})
