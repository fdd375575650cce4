/**
 * A list of configurations of one program with batches is answered from the optimal vertices that are known by then.
 * What a configuration gets alone, from a crash basis, is the reference, and prices prove the bounds of the list over
 * all modes.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { certify } from '../../src/bound/certificate.ts'
import { fluidProgram } from '../../src/bound/fluid.ts'
import { batchedProgram } from '../../src/bound/modes.ts'
import { readWorkload } from '../../src/files/documents/workload.ts'
import type { FluidProgram, Kernel } from '../../src/kernel/contract.ts'
import { randomStream } from '../../src/model/random.ts'
import { PUBLISHED_SPACE } from '../fixtures/published.ts'
import { wasmBackends } from '../kernel/backends.ts'
import { batchedQuestions, noisy } from './batched-questions.ts'
import { everyMode } from './every-mode.ts'

function expectBoundsOfList(
  kernel: Kernel,
  program: FluidProgram,
  all: FluidProgram,
  list: number[][],
): void {
  const { bound, price, violationPrice } = kernel.fluidBounds({
    program,
    counts: Float64Array.from(list.flat()),
  })
  const wrong = list.flatMap((each, i) => {
    const counts = Float64Array.from(each)
    const alone = kernel.fluidRouting({ program, counts }).bound
    if (!(Math.abs(bound[i] - alone) <= 1e-12 * alone)) return [`${each}: ${bound[i]} is not ${alone}`]
    if (alone === 0) return []
    const { infeasibility, gap } = certify(all, counts, {
      bound: bound[i],
      price: price.slice(i * each.length, (i + 1) * each.length),
      violationPrice: violationPrice[i],
    })
    return infeasibility < 1e-9 && gap < 1e-9 ? [] : [`${each}: infeasibility ${infeasibility}, gap ${gap}`]
  })
  // one expectation for the list: one for each of 100,000 figures would take seconds
  expect(wrong).toEqual([])
}

describe.each(wasmBackends)('%s', (name, kernel) => {
  test('the bounds of a list are those of its configurations, in programs with many ties', () => {
    fc.assert(
      fc.property(batchedQuestions, fc.nat(), ({ question, noise, sizes, largest }, seed) => {
        const { program } = noisy(question, noise)
        const uniform = randomStream(seed, 0)
        const list = Array.from({ length: 60 }, () =>
          Array.from({ length: question.types }, () => Math.floor(7 * uniform())),
        )
        expectBoundsOfList(
          kernel,
          batchedProgram(program, sizes, largest),
          everyMode(program, sizes, largest),
          list,
        )
      }),
      { numRuns: name === 'wasm' ? 300 : 60 },
    )
  })

  // ncf has more optimal vertices than are kept
  test.each(['ncf', 'mtwnd'])(
    'the bounds of the published space, %s, do not depend on what was solved before',
    async (model) => {
      const { latency, ...workload } = await readWorkload(model)
      const types = PUBLISHED_SPACE.types.map(({ name }) => name)
      const largest = new Int32Array(types.length).fill(latency.batchSizes.length - 1)
      const alone = fluidProgram({ latency, ...workload }, types)
      const uniform = randomStream(1, 0)
      const list = Array.from({ length: name === 'wasm' ? 2000 : 400 }, () =>
        PUBLISHED_SPACE.types.map(({ max }) => Math.floor((max + 1) * uniform())),
      )
      const program = batchedProgram(alone, latency.batchSizes, largest)
      expectBoundsOfList(kernel, program, everyMode(alone, latency.batchSizes, largest), list)
    },
  )
})
