import { beforeAll, describe, expect, test } from 'vitest'
import type { Ordered } from '../../../src/allocate/search/candidates.ts'
import type { Evaluator } from '../../../src/allocate/search/evaluate.ts'
import { verifiedLarge } from '../../../src/allocate/search/large.ts'
import { candidatesOfLarge } from '../../../src/allocate/search/large-candidates.ts'
import { type SearchRequest, searchConfigurations } from '../../../src/allocate/search/search.ts'
import { fluidSpace } from '../../../src/allocate/select/lattice.ts'
import { selectSetting } from '../../../src/allocate/select/setting.ts'
import { fluidProgram } from '../../../src/bound/fluid.ts'
import { readWorkload } from '../../../src/files/documents/workload.ts'
import { type Space, typeNames } from '../../../src/model/fleet/space.ts'
import type { Candidate, Evaluation, MeasuredConfiguration } from '../../../src/model/results/search.ts'
import { workload as buildWorkload } from '../../../src/model/workload/build-workload.ts'
import type { Workload } from '../../../src/model/workload/workload.ts'
import { PUBLISHED_SPACE } from '../../fixtures/published.ts'

/** What $40 an hour buy: about 220 instances. */
const SPACE: Space = {
  types: PUBLISHED_SPACE.types.map((type) => ({ ...type, max: 16 * type.max })),
  budgetPerHour: 40,
}

const candidate = (number: number, bound: number): Candidate => ({ counts: [number], costPerHour: 1, bound })

async function* inOrder(candidates: readonly Candidate[]): AsyncGenerator<Ordered> {
  for (const one of candidates) yield { candidate: one, remainingBound: one.bound }
}

/** Measures what `allowed` says of a configuration, by its first count. */
function evaluatorOf(allowed: readonly number[], halfWidths = [0.1, 0.001, 0.001]) {
  const asked: string[] = []
  const measured = (given: Candidate, rounds: number): MeasuredConfiguration => {
    const mean = allowed[given.counts[0]]
    const rates = new Array<number>(2 * rounds).fill(mean)
    const halfWidth = halfWidths[rounds - 1] * mean
    const shareOfBound = mean / given.bound
    return { ...given, outcome: 'measured', mean, halfWidth, rates, shareOfBound, atBound: false }
  }
  const evaluator: Evaluator = {
    replays: 0,
    measure: async (given) => measured(given, 3),
    async *measureInRounds(given) {
      for (const round of [1, 2, 3]) {
        asked.push(`measure ${given.counts} round ${round}`)
        yield measured(given, round)
      }
    },
    async screen(given, rates) {
      asked.push(`screen ${given.counts} at ${rates[0].toFixed(1)}`)
      const mean = allowed[given.counts[0]]
      return mean >= rates[0] ? measured(given, 3) : { ...given, outcome: 'refuted', below: rates[0] }
    },
  }
  return { evaluator, asked }
}

const OPTIONS = { topN: 1, ceiling: 1000, isTimeUp: () => false, onEvaluation: () => {} }

describe('the best of a large fleet', () => {
  test('ends without a second candidate where the first reaches the ceiling up to the resolution', async () => {
    const { evaluator, asked } = evaluatorOf([996, 1000])
    const candidates = [candidate(0, 1000), candidate(1, 999), candidate(2, 990)]
    const found = await verifiedLarge(inOrder(candidates), evaluator, OPTIONS)
    // the interval is small after the second round
    expect(asked).toEqual(['measure 0 round 1', 'measure 0 round 2'])
    expect(found.best.map(({ counts }) => counts[0])).toEqual([0])
    expect(found.ties).toEqual([candidates[1]])
    expect(found).toMatchObject({ proven: false, endedEarly: false, nextBound: 1000 })
  })

  test('replays further candidates at rates that are higher by the resolution', async () => {
    const { evaluator, asked } = evaluatorOf([980, 984, 990, 900])
    const bounds = [1000, 999, 995, 985, 979]
    const candidates = bounds.map((bound, i) => candidate(i, bound))
    const found = await verifiedLarge(inOrder(candidates), evaluator, OPTIONS)
    expect(asked.slice(2)).toEqual(['screen 1 at 984.9', 'screen 2 at 984.9'])
    expect(found.best.map(({ mean }) => mean)).toEqual([990])
    expect(found.evaluations.map(({ outcome }) => outcome)).toEqual(['measured', 'refuted', 'measured'])
  })

  test('is proven where the measured rate reaches the ceiling', async () => {
    const { evaluator } = evaluatorOf([1001])
    const found = await verifiedLarge(inOrder([candidate(0, 1000)]), evaluator, OPTIONS)
    expect(found).toMatchObject({ proven: true, nextBound: null })
  })

  test('is proven where nothing is feasible', async () => {
    const types = [{ name: 'slow', max: 300, pricePerHour: 0.1 }]
    const late = buildWorkload({ latency: { slow: [[1, 400, 400]] }, mix: { 1: 1 }, qosMs: 100 })
    const found = await searchConfigurations({
      workload: late,
      space: { types, budgetPerHour: 20 },
      threads: 1,
    })
    expect(found.infeasible?.limits).toEqual(['qos'])
    expect(found.proof).toMatchObject({ proven: true, endedEarly: false, gap: null, nextBound: null })
  })

  test('goes on measuring until the interval is small', async () => {
    const { evaluator, asked } = evaluatorOf([999], [0.001, 0.1, 0.1])
    await verifiedLarge(inOrder([candidate(0, 1000)]), evaluator, OPTIONS)
    // two repetitions say too little of an interval
    expect(asked).toHaveLength(3)
  })

  test('gives what it has when its time is up, a first round included', async () => {
    const late = new Error('late')
    const { evaluator } = evaluatorOf([990])
    const ending: Evaluator = {
      ...evaluator,
      async *measureInRounds(given) {
        for await (const round of evaluator.measureInRounds(given)) {
          yield round
          throw late
        }
      },
    }
    const options = { ...OPTIONS, isTimeUp: (error: unknown) => error === late }
    const found = await verifiedLarge(inOrder([candidate(0, 1000)]), ending, options)
    expect(found).toMatchObject({ proven: false, endedEarly: true, nextBound: 1000 })
    expect(found.best.map(({ rates }) => rates.length)).toEqual([2])
    await expect(verifiedLarge(inOrder([candidate(0, 1000)]), ending, OPTIONS)).rejects.toThrow('late')
  })

  test('measures as many as are wanted', async () => {
    const { evaluator } = evaluatorOf([990, 985, 980, 970])
    const candidates = [1000, 999, 998, 997].map((bound, i) => candidate(i, bound))
    const seen: Evaluation[] = []
    const onEvaluation = (evaluation: Evaluation) => void seen.push(evaluation)
    const found = await verifiedLarge(inOrder(candidates), evaluator, { ...OPTIONS, topN: 3, onEvaluation })
    expect(found.best.map(({ mean }) => mean)).toEqual([990, 985, 980])
    expect(found.evaluations).toHaveLength(4)
    expect(seen.at(-1)).toBe(found.evaluations.at(-1))
  })
})

describe('a space of hundreds of instances', () => {
  let workload: Workload
  let request: SearchRequest
  beforeAll(async () => {
    workload = await readWorkload('dien')
    request = { workload, space: SPACE, queries: 20_000, repeats: 2, threads: 1 }
  })

  test('has few candidates: the best bound, the ends of its plateau, and one of each set of types', async () => {
    const space = fluidSpace(SPACE, fluidProgram(workload, typeNames(SPACE), 'sampled'))
    const candidates: Ordered[] = []
    const setting = selectSetting({ kernel: 'wasm', threads: 1 })
    for await (const one of candidatesOfLarge(space, setting, 1)) candidates.push(one)
    const bounds = candidates.map(({ candidate }) => candidate.bound)
    expect(Math.max(...bounds)).toBe(bounds[0])
    // the remaining bound falls, and no later candidate exceeds it
    candidates.forEach(({ remainingBound }, i) => {
      expect(remainingBound).toBeGreaterThanOrEqual(Math.max(...bounds.slice(i)))
    })
    const counts = candidates.map(({ candidate }) => String(candidate.counts))
    expect(new Set(counts).size).toBe(counts.length)
    const uses = candidates.map(({ candidate }) => candidate.counts.map((n) => (n > 0 ? 1 : 0)).join(''))
    // only a g4dn.xlarge keeps the target for the largest queries
    expect(uses).toEqual(expect.arrayContaining(['1000', '1100', '1010', '1001', '1011']))
  })

  test('is searched with few evaluations, with the same result on two threads', async () => {
    const found = await searchConfigurations(request)
    const { proof, rows, evaluations } = found
    expect(evaluations.length).toBeLessThanOrEqual(12)
    expect(proof).toMatchObject({ endedEarly: false, resolution: 0.005 })
    expect(proof.nextBound).toBeGreaterThan(rows[0].mean)
    expect(proof.gap).toBeCloseTo((proof.nextBound ?? 0) / rows[0].mean - 1, 12)
    expect(rows[0].mean).toBeGreaterThan(0.95 * (proof.nextBound ?? Infinity))
    expect(await searchConfigurations({ ...request, threads: 2 })).toEqual(found)
  })

  test('is searched in full where that is asked for', async () => {
    const few = {
      ...SPACE,
      types: SPACE.types.map((type) => ({ ...type, min: type.max - 1 })),
      budgetPerHour: 250,
    }
    const found = await searchConfigurations({
      ...request,
      space: few,
      exhaustive: true,
      repeats: 1,
      queries: 4000,
    })
    expect(found.evaluations).toHaveLength(16)
    expect(found.proof).toMatchObject({ proven: true, gap: 0 })
    expect(found.proof.resolution).toBeUndefined()
  })
})
