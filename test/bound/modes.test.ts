import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { certify, overstep } from '../../src/bound/certificate.ts'
import { fluidBound, fluidProgram } from '../../src/bound/fluid.ts'
import { batchedProgram } from '../../src/bound/modes.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import type { FluidProgram, Kernel } from '../../src/kernel/contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { backends } from '../kernel/backends.ts'
import { fluidLp, highs } from '../kernel/fluid-highs.ts'
import { leastMissed } from '../kernel/fluid-programs.ts'
import { batchedQuestions, noisy } from './batched-questions.ts'
import { everyMode } from './every-mode.ts'

interface Golden {
  readonly models: readonly {
    readonly model: string
    readonly types: readonly string[]
    readonly cases: readonly {
      readonly counts: number[]
      readonly maxBatch: number[]
      readonly boundQps: number
      readonly oneAtATimeQps: number
    }[]
  }[]
  readonly random: readonly {
    readonly bins: number[]
    readonly mix: number[]
    readonly knots: number[]
    readonly meanMs: number[][]
    readonly quantilesMs: number[][][]
    readonly qosMs: number
    readonly percentile: number
    readonly maxBatch: number[]
    readonly counts: number[]
    readonly boundQps: number
    readonly oneAtATimeQps: number
  }[]
}

/** Bounds computed by another program, ten decimals. */
const golden: Golden = JSON.parse(readFileSync(new URL('../fixtures/batching.json', import.meta.url), 'utf8'))

const wasm = loadKernel('wasm')
const boundOf = (program: FluidProgram, counts: ArrayLike<number>, kernel: Kernel = wasm) =>
  kernel.fluidBounds({ program, counts: Float64Array.from(counts) }).bound[0]

describe('bounds with batches', () => {
  test.each(
    golden.models.flatMap((model) => (['wasm', 'fallback'] as const).map((kernel) => ({ ...model, kernel }))),
  )('of $model equal those of another program, with a certificate, $kernel', async ({ kernel, ...model }) => {
    const workload = await readWorkload(model.model)
    const alone = fluidProgram(workload, model.types)
    for (const { counts, maxBatch, boundQps, oneAtATimeQps } of model.cases) {
      const bins = Int32Array.from(maxBatch, (size) => workload.latency.batchSizes.indexOf(size))
      const program = batchedProgram(alone, workload.latency.batchSizes, bins)
      const routing = loadKernel(kernel).fluidRouting({ program, counts: Float64Array.from(counts) })
      expect(Math.abs(routing.bound - boundQps), `${counts}`).toBeLessThanOrEqual(1e-9 * boundQps)
      expect(Math.abs(boundOf(alone, counts) - oneAtATimeQps)).toBeLessThanOrEqual(1e-9 * oneAtATimeQps)
      if (boundQps === 0) continue
      const all = everyMode(alone, workload.latency.batchSizes, bins)
      const proof = certify(all, Float64Array.from(counts), routing)
      expect(proof.infeasibility).toBeLessThan(1e-9)
      expect(proof.gap).toBeLessThan(1e-9)
      expect(overstep(program, Float64Array.from(counts), routing)).toBeLessThan(1e-9)
    }
  })

  // from the workload, as callers give it: a maxBatch into which no two queries fit has its modes too
  test('of random tables equal those of another program', () => {
    for (const { bins, mix, knots, meanMs, quantilesMs, maxBatch, counts, ...each } of golden.random) {
      const types = counts.map((_, t) => `type-${t}`)
      const batchSizes = Float64Array.from(bins)
      const alone = {
        model: 'random',
        latency: {
          types,
          batchSizes,
          samples: new Float64Array(types.length * bins.length),
          meanMs: Float64Array.from(meanMs.flat()),
          levels: Float64Array.from(knots, (knot) => knot / 100),
          knotsMs: Float64Array.from(quantilesMs.flat(2)),
        },
        mix: { batchSizes, probabilities: Float64Array.from(mix) },
        qosMs: each.qosMs,
        percentile: each.percentile,
      }
      const batching = { maxBatch: Object.fromEntries(types.map((type, t) => [type, maxBatch[t]])) }
      const batched = fluidBound({ ...alone, batching }, types, counts)
      expect(Math.abs(batched - each.boundQps)).toBeLessThanOrEqual(1e-9 * each.boundQps)
      const single = fluidBound(alone, types, counts)
      expect(Math.abs(single - each.oneAtATimeQps)).toBeLessThanOrEqual(1e-9 * each.oneAtATimeQps)
    }
  })
})

describe.each(backends)('%s', (_name, kernel) => {
  test('modes that are pruned change no bound, and the prices prove it', () => {
    fc.assert(
      fc.property(batchedQuestions, ({ question, noise, sizes, largest }) => {
        const { program, counts } = noisy(question, noise)
        const pruned = batchedProgram(program, sizes, largest)
        const routing = kernel.fluidRouting({ program: pruned, counts })
        const all = everyMode(program, sizes, largest)
        if (routing.bound > 0) {
          const proof = certify(all, counts, routing)
          expect(proof.infeasibility).toBeLessThan(1e-7)
          expect(proof.gap).toBeLessThan(1e-7)
          expect(overstep(pruned, counts, routing)).toBeLessThan(1e-7)
        }
        if (counts.every((count) => count === 0)) return
        const { Status, ObjectiveValue } = highs.solve(fluidLp(all, counts), { output_flag: false })
        expect(Status).toBe('Optimal')
        // an infeasible program has the optimum 0
        expect(Math.abs(routing.bound - ObjectiveValue)).toBeLessThan(1e-6 * (1 + routing.bound))
      }),
      { numRuns: 200 },
    )
  })
})

test('a bin with fewer modes than its type has lines starts with none of the repetitions', () => {
  const weights = [7, 2, 1, 7, 1, 1, 2, 7]
  const alone = {
    probability: Float64Array.from(weights, (weight) => weight / 28),
    service: Float64Array.of(
      ...[1, 2, 1, 44, 55, 66, 77, 87],
      ...[1, 1, 1, 3, 3, 3, 40, 47],
      ...[1, 1, 2, 4, 31, 7, 16, 39],
    ),
    violation: Float64Array.of(...new Array(12).fill(0), 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0),
    epsilon: 0.05,
  }
  const sizes = Float64Array.from(weights, (_, k) => k + 1)
  const program = batchedProgram(alone, sizes, Int32Array.of(7, 7, 7))
  const counts = Float64Array.of(1, 1, 4)
  const { bound } = wasm.fluidRouting({ program, counts })
  const { ObjectiveValue } = highs.solve(fluidLp(program, counts), { output_flag: false })
  expect(Math.abs(bound - ObjectiveValue)).toBeLessThan(1e-9 * bound)
})

test.each(backends)('%s: a bin may have more modes than a byte can count', (_name, kernel) => {
  const bins = 400
  const sizes = Float64Array.from({ length: bins }, (_, k) => k + 1)
  // a larger batch takes less time for each item, and misses the target more often
  const alone = {
    probability: sizes.map((size) => (size === 1 || size === 100 ? 0.5 : 0)),
    service: sizes.map((size) => 10 + size / 20),
    violation: sizes.map((size) => 0.5 * (size / bins) ** 2),
    epsilon: 0.05,
  }
  const program = batchedProgram(alone, sizes, Int32Array.of(bins - 1))
  expect(program.lineType.length).toBeGreaterThan(256)
  const counts = Float64Array.of(3)
  const routing = kernel.fluidRouting({ program, counts })
  const proof = certify(everyMode(alone, sizes, Int32Array.of(bins - 1)), counts, routing)
  expect(proof.infeasibility).toBeLessThan(1e-7)
  expect(proof.gap).toBeLessThan(1e-7)
  expect(overstep(program, counts, routing)).toBeLessThan(1e-7)
})

test('bins without queries add no lines, however many batches serve them', () => {
  const bins = 4500
  const sizes = Float64Array.from({ length: bins }, (_, k) => k + 1)
  const alone = {
    probability: sizes.map((size) => (size === bins ? 1 : 0)),
    service: sizes.map((size) => 10 + size / 20),
    violation: sizes.map((size) => 0.5 * (size / bins) ** 2),
    epsilon: 0.05,
  }
  expect(batchedProgram(alone, sizes, Int32Array.of(bins - 1)).lineType).toHaveLength(1)
})

test('a program that does not fit the memory of a kernel is refused', () => {
  const bins = 6000
  const sizes = Float64Array.from({ length: bins }, (_, k) => k + 1)
  const alone = {
    probability: sizes.map(() => 1 / bins),
    service: sizes.map((size) => 10 + size / 20),
    violation: sizes.map((size) => 0.5 * (size / bins) ** 2),
    epsilon: 0.05,
  }
  const refused = {
    code: 'TOO_LARGE',
    place: { field: 'batching' },
    cure: expect.stringContaining('lower maxBatch'),
  }
  expect(() => batchedProgram(alone, sizes, Int32Array.of(bins - 1))).toThrow(
    expect.objectContaining(refused),
  )
})

test('thousands of programs with ties are solved, as their certificates prove', () => {
  fc.assert(
    fc.property(batchedQuestions, ({ question, noise, sizes, largest }) => {
      const { program, counts } = noisy(question, noise)
      const routing = wasm.fluidRouting({ program: batchedProgram(program, sizes, largest), counts })
      const all = everyMode(program, sizes, largest)
      const missed = leastMissed(
        all,
        Float64Array.from(all.lineType, (type) => counts[type]),
      )
      expect(routing.bound > 0).toBe(counts.some((count) => count > 0) && missed <= program.epsilon + 1e-12)
      if (routing.bound === 0) return
      const { infeasibility, gap } = certify(all, counts, routing)
      expect(infeasibility).toBeLessThan(1e-9)
      expect(gap).toBeLessThan(1e-9)
    }),
    { numRuns: 5000 },
  )
})

test('batches never lower a bound, larger ones neither, and batches of one change nothing', () => {
  fc.assert(
    fc.property(batchedQuestions, fc.nat(), ({ question, noise, sizes, largest }, larger) => {
      const { program, counts } = noisy(question, noise)
      const bins = sizes.length
      const alone = boundOf(program, counts)
      const some = boundOf(batchedProgram(program, sizes, largest), counts)
      const more = largest.map((bin, t) => Math.min(bins - 1, bin + ((larger >> t) & 3)))
      const most = boundOf(batchedProgram(program, sizes, more), counts)
      expect(some).toBeGreaterThanOrEqual(alone * (1 - 1e-12))
      expect(most).toBeGreaterThanOrEqual(some * (1 - 1e-12))
      expect(boundOf(batchedProgram(program, sizes, new Int32Array(largest.length).fill(-1)), counts)).toBe(
        alone,
      )
      expect(boundOf(batchedProgram(program, sizes, new Int32Array(largest.length)), counts)).toBe(alone)
    }),
    { numRuns: 300 },
  )
})

test('with batches too, twice the instances give twice the bound', () => {
  fc.assert(
    fc.property(batchedQuestions, ({ question, noise, sizes, largest }) => {
      const { program, counts } = noisy(question, noise)
      const batches = batchedProgram(program, sizes, largest)
      const twice = counts.map((count) => 2 * count)
      expect(boundOf(batches, twice)).toBe(2 * boundOf(batches, counts))
    }),
  )
})
