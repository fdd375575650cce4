import fc from 'fast-check'
import { expect, test } from 'vitest'
import { verifiedBest } from '../../../src/allocate/search/best.ts'
import type { Ordered } from '../../../src/allocate/search/candidates.ts'
import { verifiedCheapest } from '../../../src/allocate/search/cheapest.ts'
import type { Evaluator } from '../../../src/allocate/search/evaluate.ts'
import type { Candidate, MeasuredConfiguration } from '../../../src/model/results/search.ts'

/** What a configuration of three types allows: more with each instance, never more than its bound. */
interface Landscape {
  readonly gain: readonly number[]
  /** The share of the bound that is allowed, by the largest count. */
  readonly share: readonly number[]
}

const COUNTS = Array.from({ length: 64 }, (_, i) => [i >> 4, (i >> 2) & 3, i & 3])

const landscapes = fc.record<Landscape>({
  gain: fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), { minLength: 3, maxLength: 3 }),
  // sorted, so that a part never allows more
  share: fc
    .array(fc.double({ min: 0.2, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
    .map((shares) => shares.sort((a, b) => a - b)),
})

const boundOf = ({ gain }: Landscape, counts: readonly number[]) =>
  counts.reduce((sum, count, t) => sum + count * gain[t], 0)

const allows = (given: Landscape, counts: readonly number[]) =>
  boundOf(given, counts) * given.share[Math.max(...counts)]

/** The rates of each repetition as shares of the mean, the same for all configurations (common random numbers). */
const REPETITIONS = [0.9, 1, 1.1]

/** @param wide half widths, as shares of their means */
function evaluatorOf(given: Landscape, wide = 0): Evaluator & { readonly seen: string[] } {
  const seen: string[] = []
  const ratesOf = ({ counts }: Candidate) => REPETITIONS.map((factor) => factor * allows(given, counts))
  const measure = async (candidate: Candidate): Promise<MeasuredConfiguration> => {
    const rates = ratesOf(candidate)
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
    const share = { shareOfBound: mean / candidate.bound, atBound: false }
    return { ...candidate, outcome: 'measured', mean, halfWidth: wide * mean, rates, ...share }
  }
  return {
    seen,
    replays: 0,
    measure(candidate) {
      seen.push(String(candidate.counts))
      return measure(candidate)
    },
    async *measureInRounds(candidate) {
      yield await measure(candidate)
    },
    async screen(candidate, rates) {
      seen.push(String(candidate.counts))
      const holds = ratesOf(candidate).some((own, k) => own >= rates[k])
      return holds ? measure(candidate) : { ...candidate, outcome: 'refuted', below: rates[1] }
    },
  }
}

async function* inOrder(candidates: readonly Candidate[]): AsyncGenerator<Candidate> {
  yield* candidates
}

/** Candidates, each with the largest bound of it and of all that follow. */
async function* withRemaining(candidates: readonly Candidate[]): AsyncGenerator<Ordered> {
  for (const [i, candidate] of candidates.entries()) {
    yield { candidate, remainingBound: Math.max(...candidates.slice(i).map(({ bound }) => bound)) }
  }
}

const candidatesOf = (given: Landscape): Candidate[] =>
  COUNTS.slice(1).map((counts) => ({
    counts,
    costPerHour: counts.reduce((sum, count, t) => sum + count * (t + 1), 0),
    bound: boundOf(given, counts),
  }))

const byBound = (a: Candidate, b: Candidate) => b.bound - a.bound
const quiet = () => {}
const SETTING = {
  ...{ topN: 1, exhaustive: false },
  ...{ excessAt: () => 0, isTimeUp: () => false, onEvaluation: quiet },
}

test('finds the best of a full comparison, whatever is pruned', async () => {
  await fc.assert(
    fc.asyncProperty(landscapes, fc.integer({ min: 1, max: 6 }), async (given, topN) => {
      const candidates = candidatesOf(given).sort(byBound)
      const values = candidates.map(({ counts }) => allows(given, counts)).sort((a, b) => b - a)
      const evaluator = evaluatorOf(given)
      const options = { ...SETTING, topN }
      const { best, evaluations, ...found } = await verifiedBest(
        withRemaining(candidates),
        evaluator,
        options,
      )
      expect(best).toHaveLength(topN)
      best.forEach(({ mean }, i) => {
        expect(mean / values[i]).toBeCloseTo(1, 9)
      })
      // each is looked at once at most, and what is left is bounded by what was found
      expect(new Set(evaluator.seen).size).toBe(evaluations.length)
      if (found.nextBound !== null) expect(found.nextBound).toBeLessThanOrEqual(best[topN - 1].mean)
      const passed = candidates.length - evaluations.length
      expect(passed === 0).toBe(found.nextBound === null)
    }),
    { numRuns: 300 },
  )
})

test('finds the same in any order of the candidates', async () => {
  await fc.assert(
    fc.asyncProperty(landscapes, fc.nat(), async (given, seed) => {
      const candidates = candidatesOf(given).sort(byBound)
      const mixed = candidates.map((_, i) => candidates[(i * 7 + seed) % candidates.length])
      const order = [...new Set([...mixed, ...candidates])]
      const options = { ...SETTING, topN: 1 }
      const inTurn = await verifiedBest(withRemaining(candidates), evaluatorOf(given), options)
      const found = await verifiedBest(withRemaining(order), evaluatorOf(given), options)
      expect(found.best[0].mean / inTurn.best[0].mean).toBeCloseTo(1, 9)
      if (found.nextBound !== null) expect(found.nextBound).toBeLessThanOrEqual(found.best[0].mean)
    }),
    { numRuns: 100 },
  )
})

test('an exhaustive search measures every candidate and finds the same rows', async () => {
  await fc.assert(
    fc.asyncProperty(landscapes, async (given) => {
      const candidates = candidatesOf(given).sort(byBound)
      const search = (exhaustive: boolean) =>
        verifiedBest(withRemaining(candidates), evaluatorOf(given), { ...SETTING, exhaustive })
      const [short, long] = [await search(false), await search(true)]
      expect(long.evaluations).toHaveLength(candidates.length)
      expect(long.nextBound).toBeNull()
      expect(short.best[0].mean / long.best[0].mean).toBeCloseTo(1, 9)
    }),
    { numRuns: 50 },
  )
})

test('with a target, finds the cheapest that sustain it and evaluates no dearer candidate', async () => {
  await fc.assert(
    fc.asyncProperty(landscapes, fc.integer({ min: 1, max: 4 }), async (given, topN) => {
      const targetQps = 0.5 * allows(given, [3, 3, 3])
      const reaching = candidatesOf(given)
        .filter(({ bound }) => bound >= targetQps)
        .sort((a, b) => a.costPerHour - b.costPerHour || b.bound - a.bound)
      const { cheapest, evaluations } = await verifiedCheapest(inOrder(reaching), evaluatorOf(given), {
        ...{ topN, targetQps, repeats: 3, isTimeUp: () => false, onEvaluation: quiet },
      })
      const expected = reaching.filter(({ counts }) => allows(given, counts) >= targetQps).slice(0, topN)
      // a value on the very edge may fall to either side
      fc.pre(expected.every(({ counts }) => allows(given, counts) > targetQps * (1 + 1e-9)))
      expect(cheapest.map(({ counts }) => counts)).toEqual(expected.map(({ counts }) => counts))
      const last = cheapest.at(-1)
      if (cheapest.length === topN) expect(evaluations.at(-1)?.counts).toEqual(last?.counts)
    }),
    { numRuns: 100 },
  )
})

test('does not stop at a bound within the interval of the best', async () => {
  await fc.assert(
    fc.asyncProperty(landscapes, fc.double({ min: 0.01, max: 0.5, noNaN: true }), async (given, wide) => {
      const candidates = candidatesOf(given).sort(byBound)
      const { best, evaluations, nextBound } = await verifiedBest(
        withRemaining(candidates),
        evaluatorOf(given, wide),
        SETTING,
      )
      const left = candidates.slice(evaluations.length)
      for (const { bound } of left) expect(bound * (1 + wide)).toBeLessThanOrEqual(best[0].mean * (1 + 1e-12))
      expect(nextBound).toBe(left[0]?.bound ?? null)
      // the one that was looked at last was not settled when it was, nor by less than the best
      const last = evaluations.at(-1)
      if (last && left.length > 0 && evaluations.length > 1 && last !== best[0]) {
        expect(last.bound * (1 + wide)).toBeGreaterThan(best[0].mean)
      }
      const whole = await verifiedBest(withRemaining(candidates), evaluatorOf(given, Infinity), SETTING)
      expect(whole.nextBound).toBeNull()
    }),
    { numRuns: 100 },
  )
})

test('does not stop at a bound that short replays may exceed', async () => {
  const given: Landscape = { gain: [5, 2, 3], share: [0.8, 0.8, 0.8, 0.8] }
  const candidates = candidatesOf(given).sort(byBound)
  const { best, nextBound } = await verifiedBest(withRemaining(candidates), evaluatorOf(given), {
    ...SETTING,
    excessAt: (rate) => 0.01 * rate,
  })
  const settled = best[0].mean / (1 + 0.01 * best[0].mean)
  expect(nextBound).toBe(candidates.find(({ bound }) => bound <= settled)?.bound)
})

test('finds a subset that allows more than its superset, although it allows less in one repetition', async () => {
  const factors = fc.array(fc.double({ min: 0.2, max: 1, noNaN: true }), { minLength: 64, maxLength: 64 })
  await fc.assert(
    fc.asyncProperty(factors, fc.integer({ min: 1, max: 4 }), async (factor, topN) => {
      const given: Landscape = { gain: [5, 2, 3], share: [1, 1, 1, 1] }
      const of = (counts: readonly number[]) =>
        factor[COUNTS.findIndex((own) => String(own) === String(counts))]
      const allowed = (counts: readonly number[]) => boundOf(given, counts) * of(counts)
      // of two repetitions, each second configuration allows more in the first
      const ratesOf = ({ counts }: Candidate) => {
        const first = counts[2] % 2 === 0 ? 1.3 : 0.7
        return [first * allowed(counts), (2 - first) * allowed(counts)]
      }
      const evaluator: Evaluator = {
        replays: 0,
        measure: async (candidate) => {
          const mean = allowed(candidate.counts)
          const share = { shareOfBound: mean / candidate.bound, atBound: false }
          return {
            ...candidate,
            outcome: 'measured',
            mean,
            halfWidth: 0,
            rates: ratesOf(candidate),
            ...share,
          }
        },
        async *measureInRounds(candidate) {
          yield await evaluator.measure(candidate)
        },
        screen: async (candidate, rates) =>
          ratesOf(candidate).some((rate, k) => rate >= rates[k])
            ? evaluator.measure(candidate)
            : { ...candidate, outcome: 'refuted', below: rates[0] },
      }
      const candidates = candidatesOf(given).sort(byBound)
      const options = { ...SETTING, topN }
      const { best } = await verifiedBest(withRemaining(candidates), evaluator, options)
      const values = candidates.map(({ counts }) => allowed(counts)).sort((a, b) => b - a)
      expect(best.map(({ mean }) => mean)).toEqual(values.slice(0, topN))
    }),
    { numRuns: 200 },
  )
})

test('returns the best so far and the next bound when its time is up', async () => {
  const given: Landscape = { gain: [5, 2, 3], share: [0.5, 0.5, 0.5, 0.5] }
  const candidates = candidatesOf(given).sort(byBound)
  const late = new Error('late')
  /** Ends after so many replays. */
  const ending = (after: number): Evaluator => {
    const evaluator = evaluatorOf(given)
    let asked = 0
    const inTime = async <T>(work: Promise<T>) => {
      if (++asked > after) throw late
      return work
    }
    return {
      replays: 0,
      measure: (candidate) => inTime(evaluator.measure(candidate)),
      measureInRounds: (candidate) => evaluator.measureInRounds(candidate),
      screen: (candidate, rates) => inTime(evaluator.screen(candidate, rates)),
    }
  }
  const options = { ...SETTING, isTimeUp: (error: unknown) => error === late }
  const one = await verifiedBest(withRemaining(candidates), ending(1), options)
  expect(one).toMatchObject({ proven: false, nextBound: candidates[1].bound })
  expect(one.best).toEqual(one.evaluations)
  expect(one.best).toHaveLength(1)
  const none = await verifiedBest(withRemaining(candidates), ending(0), options)
  expect([none.proven, none.best, none.nextBound]).toEqual([false, [], candidates[0].bound])
  await expect(verifiedBest(withRemaining(candidates), ending(1), SETTING)).rejects.toThrow('late')
  const whole = await verifiedBest(withRemaining(candidates), evaluatorOf(given), SETTING)
  expect(whole.proven).toBe(true)
  const target = { topN: 1, targetQps: 20, repeats: 3, onEvaluation: quiet }
  const cheapestFirst = candidates.toSorted((a, b) => a.costPerHour - b.costPerHour)
  const cheapest = (isTimeUp: (error: unknown) => boolean) =>
    verifiedCheapest(inOrder(cheapestFirst), ending(1), { ...target, isTimeUp })
  const { proven, evaluations, ...found } = await cheapest(options.isTimeUp)
  expect([proven, evaluations.length, found.cheapest]).toEqual([false, 1, []])
  await expect(cheapest(() => false)).rejects.toThrow('late')
})
