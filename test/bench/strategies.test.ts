import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import { mean } from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import { bayesian } from '../../bench/strategies/bayesian.ts'
import { logExpectedImprovement } from '../../bench/strategies/expected-improvement.ts'
import { gaussianProcess } from '../../bench/strategies/gaussian-process.ts'
import { hillClimbing } from '../../bench/strategies/hill-climbing.ts'
import { random } from '../../bench/strategies/random.ts'
import { evaluationsToReach, type Strategy } from '../../bench/strategies/strategy.ts'
import type { Counts } from '../../src/model/fleet/space.ts'
import { randomStream } from '../../src/model/random.ts'

const SEEDS = Array.from({ length: 12 }, (_, i) => i)

/** All counts up to the largest ones that are no dearer than the budget. */
function within(largest: Counts, prices: Counts = [], budget = Infinity): Counts[] {
  const all = largest.reduce<Counts[]>(
    (found, most) =>
      found.flatMap((counts) => Array.from({ length: most + 1 }, (_, count) => [...counts, count])),
    [[]],
  )
  return all.filter(
    (counts) => counts.reduce((cost, count, t) => cost + count * (prices[t] ?? 0), 0) <= budget,
  )
}

/** The positions in the order in which a strategy evaluates them. */
function walk(strategy: Strategy, candidates: readonly Counts[], values: readonly number[], seed: number) {
  const positions: number[] = []
  const order = strategy.order(candidates, seed)
  for (let step = order.next(); !step.done; step = order.next(values[step.value])) positions.push(step.value)
  return positions
}

const inOrder = (positions: readonly number[]) => [...positions].sort((a, b) => a - b)

/** Falls off from a peak in all directions, evenly enough that every step towards it is one up. */
const hill = (candidates: readonly Counts[], peak: Counts) =>
  candidates.map((counts) => 100 - counts.reduce((sum, count, t) => sum + (count - peak[t]) ** 2, 0))

describe.each([random, hillClimbing, bayesian])('$name', (strategy) => {
  const candidates = within([4, 5, 9], [5, 3, 2], 24)
  const draw = randomStream(1, 0)
  const landscapes = {
    smooth: hill(candidates, [2, 1, 4]),
    rugged: candidates.map(draw),
    flat: candidates.map(() => 0),
    'all 0 but one': candidates.map((_, i) => (i === 20 ? 7 : 0)),
  }

  test.each(Object.entries(landscapes))('evaluates every candidate once: %s', (_, values) => {
    for (const seed of [0, 1, 2]) {
      expect(inOrder(walk(strategy, candidates, values, seed))).toEqual([...candidates.keys()])
    }
  })

  test('of one candidate, or none', () => {
    expect(walk(strategy, [[1, 0]], [3], 0)).toEqual([0])
    expect(walk(strategy, [], [], 0)).toEqual([])
  })

  test('the same seed, the same order; another seed, another', () => {
    const orders = [5, 5, 6].map((seed) => walk(strategy, candidates, landscapes.rugged, seed))
    expect(orders[1]).toEqual(orders[0])
    expect(orders[2]).not.toEqual(orders[0])
  })

  test('knows nothing of a candidate before it is evaluated', () => {
    const { rugged } = landscapes
    const order = walk(strategy, candidates, rugged, 3)
    // the values of all that come later are others: what came first does not change
    const told = new Set(order.slice(0, 30))
    const changed = rugged.map((value, i) => (told.has(i) ? value : 1 - value))
    expect(walk(strategy, candidates, changed, 3).slice(0, 31)).toEqual(order.slice(0, 31))
  })

  test('with one seed, all start at the same candidate', () => {
    const [first] = walk(strategy, candidates, landscapes.rugged, 4)
    expect(first).toBe(walk(random, candidates, landscapes.rugged, 4)[0])
  })
})

describe('evaluations to a target', () => {
  const backwards: Strategy = {
    name: 'backwards',
    *order(candidates) {
      yield* [...candidates.keys()].reverse()
    },
  }
  const candidates = [[0], [1], [2], [3]]

  test('the one that reaches it is counted', () => {
    expect(evaluationsToReach(backwards, candidates, [9, 5, 4, 1], 1, 0)).toBe(1)
    expect(evaluationsToReach(backwards, candidates, [9, 5, 4, 1], 4.5, 0)).toBe(3)
  })

  test('infinitely many where none does', () => {
    expect(evaluationsToReach(backwards, candidates, [9, 5, 4, 1], 10, 0)).toBe(Infinity)
  })
})

test('random: every order is equally likely', () => {
  const seen = new Map<string, number>()
  for (let seed = 0; seed < 1200; seed++) {
    const order = walk(random, [[0], [1], [2]], [0, 0, 0], seed).join()
    seen.set(order, (seen.get(order) ?? 0) + 1)
  }
  expect(seen.size).toBe(6)
  // 200 each; 45 is three and a half standard deviations
  for (const count of seen.values()) expect(Math.abs(count - 200)).toBeLessThan(45)
})

describe('hill climbing', () => {
  test('climbs the only hill long before all is evaluated', () => {
    const candidates = within([9, 9, 9])
    const values = hill(candidates, [6, 2, 7])
    for (const seed of SEEDS) {
      expect(evaluationsToReach(hillClimbing, candidates, values, 100, seed)).toBeLessThan(120)
    }
  })

  test('exchanges an instance for one of another type', () => {
    // 100 instances of two types: there is no other neighbour
    const candidates = Array.from({ length: 101 }, (_, i) => [i, 100 - i])
    for (const seed of SEEDS) {
      const order = walk(hillClimbing, candidates, [...candidates.keys()], seed)
      const climb = order.slice(0, order.indexOf(100) + 1)
      // all the way up from the start, with at most one look down
      expect(inOrder(climb).slice(-1)).toEqual([100])
      expect(climb.length).toBeLessThanOrEqual(100 - order[0] + 2)
    }
  })

  test('starts again where nothing around is better', () => {
    // two hills with a plain between them
    const candidates = Array.from({ length: 60 }, (_, i) => [i])
    const values = candidates.map(([i]) => Math.max(0, 10 - Math.abs(i - 12), 20 - Math.abs(i - 45)))
    for (const seed of SEEDS) {
      const order = walk(hillClimbing, candidates, values, seed)
      const top = order.indexOf(12)
      // both sides of a top are looked at before the next climb starts somewhere else
      expect(Math.max(order.indexOf(11), order.indexOf(13))).toBeLessThanOrEqual(top + 2)
      expect(evaluationsToReach(hillClimbing, candidates, values, 20, seed)).toBeLessThan(60)
    }
  })
})

describe('Gaussian process', () => {
  // Matérn 5/2 at a distance of one length scale
  const atOne = (1 + Math.sqrt(5) + 5 / 3) * Math.exp(-Math.sqrt(5))

  test('two observations, by hand', () => {
    // observed 10 and 20, standardised -1 and 1; K = [[1 + ν, c], [c, 1 + ν]], c the covariance at 2 instances
    const process = gaussianProcess([[0], [2], [4]], 2)
    process.observe(0, 10)
    process.observe(1, 20)
    const c = atOne
    const far = (1 + 2 * Math.sqrt(5) + 20 / 3) * Math.exp(-2 * Math.sqrt(5))
    const [diagonal, determinant] = [1 + 1e-6, (1 + 1e-6) ** 2 - c * c]
    // k = (far, c) at the third point: kᵀ K⁻¹ (-1, 1) and kᵀ K⁻¹ k
    const standardised = (c - far) / (diagonal - c)
    const explained = (diagonal * (far * far + c * c) - 2 * c * far * c) / determinant
    const { mean, deviation } = process.posterior(2)
    expect(mean).toBeCloseTo(15 + 5 * standardised, 10)
    expect(deviation).toBeCloseTo(5 * Math.sqrt(1 - explained), 10)
    const misfit = 2 / (diagonal - c)
    expect(process.logLikelihood()).toBeCloseTo(
      -misfit / 2 - Math.log(determinant) / 2 - Math.log(2 * Math.PI),
      8,
    )
  })

  test('goes through what was observed, and is unsure elsewhere', () => {
    const points = within([3, 3, 3])
    const values = hill(points, [1, 2, 1])
    const process = gaussianProcess(points, 2)
    const observed = [3, 17, 30, 42, 55, 63]
    for (const position of observed) process.observe(position, values[position])
    points.forEach((_, position) => {
      const { mean, deviation } = process.posterior(position)
      if (observed.includes(position)) {
        expect(mean).toBeCloseTo(values[position], 3)
        expect(deviation).toBeLessThan(0.01)
      } else {
        expect(deviation).toBeGreaterThan(0.3)
      }
    })
  })

  test.each([0.5, 2, 11, 64])(
    'is what one factorisation of everything gives: length scale %d',
    (lengthScale) => {
      const points = within([4, 4, 4])
      const draw = randomStream(7, 0)
      const observed = Array.from({ length: 40 }, () => Math.floor(draw() * points.length))
      const values = observed.map(() => 200 + 50 * draw())
      const process = gaussianProcess(points, lengthScale)
      observed.forEach((position, i) => {
        process.observe(position, values[i])
      })
      const covariance = (a: number, b: number) => {
        const squares = points[a].map((count, t) => ((count - points[b][t]) / lengthScale) ** 2)
        const d = Math.sqrt(5 * squares.reduce((sum, square) => sum + square, 0))
        return (1 + d + d ** 2 / 3) * Math.exp(-d)
      }
      const average = mean(values)
      const spread = Math.sqrt(mean(values.map((value) => (value - average) ** 2)))
      const y = Matrix.columnVector(values.map((value) => (value - average) / spread))
      const among = observed.map((a, i) => observed.map((b, j) => covariance(a, b) + (i === j ? 1e-6 : 0)))
      const factor = new CholeskyDecomposition(new Matrix(among))
      const solved = factor.solve(y)
      points.forEach((_, point) => {
        const toObserved = Matrix.columnVector(observed.map((position) => covariance(position, point)))
        const variance = 1 - toObserved.dot(factor.solve(toObserved))
        const { mean, deviation } = process.posterior(point)
        expect(mean).toBeCloseTo(average + spread * toObserved.dot(solved), 4)
        expect((deviation / spread) ** 2).toBeCloseTo(variance, 8)
      })
      const logDeterminant =
        2 * factor.lowerTriangularMatrix.diagonal().reduce((sum, d) => sum + Math.log(d), 0)
      const likelihood = -(y.dot(solved) + logDeterminant + 40 * Math.log(2 * Math.PI)) / 2
      expect(process.logLikelihood() / likelihood).toBeCloseTo(1, 8)
    },
  )

  test('equal values: nothing is divided by 0', () => {
    const process = gaussianProcess([[0], [1], [5]], 1)
    process.observe(0, 4)
    process.observe(1, 4)
    expect(process.posterior(2).mean).toBeCloseTo(4, 10)
    expect(process.posterior(2).deviation).toBeGreaterThan(0.5)
    expect(process.logLikelihood()).toBeGreaterThan(-10)
  })
})

describe('expected improvement', () => {
  // to sixty digits, with mpmath
  test.each([
    [2, 0.697383545788],
    [0, -0.918938533205],
    [-0.5, -1.62051626439],
    [-1, -2.48512102571],
    [-5, -16.7443011627],
    [-40, -808.298568357],
  ])('%d standard deviations above the best', (z, expected) => {
    expect(logExpectedImprovement(z, 1, 0)).toBeCloseTo(expected, 6)
    // in other units
    expect(logExpectedImprovement(7 + 3 * z, 3, 7)).toBeCloseTo(expected + Math.log(3), 6)
  })

  test('grows with the mean, and with the deviation', () => {
    const values = Array.from({ length: 400 }, (_, i) => logExpectedImprovement(i / 10 - 39.95, 1, 0))
    for (let i = 1; i < values.length; i++) expect(values[i]).toBeGreaterThan(values[i - 1])
    expect(logExpectedImprovement(-3, 2, 0)).toBeGreaterThan(logExpectedImprovement(-3, 1, 0))
    expect(logExpectedImprovement(-1e3, 1e-3, 0)).toBeGreaterThan(logExpectedImprovement(-2e3, 1e-3, 0))
  })
})

describe('bayesian', () => {
  test('finds the top of a smooth landscape much sooner than random', () => {
    const candidates = within([4, 6, 12], [5, 3, 2], 30)
    const values = hill(candidates, [2, 1, 6])
    const evaluations = (strategy: Strategy) =>
      mean(SEEDS.map((seed) => evaluationsToReach(strategy, candidates, values, 100, seed)))
    expect(evaluations(bayesian)).toBeLessThan(evaluations(random) / 3)
  })

  test('what is within an evaluated configuration comes last', () => {
    const candidates = within([3, 4, 6], [5, 3, 2], 20)
    const values = candidates.map(randomStream(9, 0))
    const isWithin = (a: Counts, b: Counts) => a.every((count, t) => count <= b[t])
    for (const seed of [0, 1, 2]) {
      const order = walk(bayesian, candidates, values, seed)
      const pruned = order.map((position, i) =>
        order.slice(0, i).some((earlier) => isWithin(candidates[position], candidates[earlier])),
      )
      const firstPruned = pruned.indexOf(true)
      expect(firstPruned).toBeGreaterThan(2)
      expect(pruned.slice(firstPruned)).not.toContain(false)
    }
  })
})
