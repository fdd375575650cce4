import fc from 'fast-check'
import { type Question, questions } from '../kernel/fluid-programs.ts'

/** A random program whose bins have sizes, and the largest batch of each type. */
export const batchedQuestions = questions(4).chain((question) => {
  const bins = question.program.probability.length
  return fc.record({
    question: fc.constant(question),
    sizes: fc
      .array(fc.integer({ min: 1, max: 30 }), { minLength: bins, maxLength: bins })
      .map((gaps) => Float64Array.from(gaps.keys(), (k) => gaps.slice(0, k + 1).reduce((a, b) => a + b))),
    largest: fc
      .array(fc.integer({ min: -1, max: bins - 1 }), { minLength: question.types, maxLength: question.types })
      .map((bins) => Int32Array.from(bins)),
    // tables need not be monotone
    noise: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 3 }),
  })
})

export function noisy({ program, counts }: Question, noise: readonly number[]) {
  return { counts, program: { ...program, service: program.service.map((ms, i) => ms * noise[i % 3]) } }
}
