/** Costs of the flow that differ in doubles only. */
import { describe, expect, it } from 'vitest'
import type { FlowRule } from '../../src/kernel/rules.ts'
import { backends } from './backends.ts'
import { starts } from './two-types.ts'

describe.each(backends)('flow, costs that only rounding separates, %s', (_, kernel) => {
  const opened = (reducedCost: number[], ...instanceType: number[]) => {
    const one = Float64Array.of(1, 1)
    const rule: FlowRule = {
      ...{ kind: 'flow', weight: one, qosMs: 100, lateShare: 0, lightLoad: -1, lightGapMs: 0 },
      ...{ reducedCost: Float64Array.from(reducedCost), guardMs: one, looseGuardMs: one, typicalMs: one },
    }
    const setup = { types: 2, bins: 1, meanMs: one, learns: 'nothing' } as const
    return kernel.createDispatcher({ ...setup, rule, instanceType: Int32Array.from(instanceType) })
  }

  it('are equal: the first type counts', () => {
    const typeFor = (...reducedCost: number[]) => {
      const dispatcher = opened(reducedCost, 0, 1)
      dispatcher.arrive(1, 0, 0)
      return starts(dispatcher, 0)[0][1]
    }
    // the sum is 6e-17 more than 0.3
    expect(typeFor(0.1 + 0.2, 0.3)).toBe(0)
    expect(typeFor(0.3 + 1e-8, 0.3)).toBe(1)
  })

  it('are equal: no query moves on for them', () => {
    const dispatcher = opened([0.1, 0.3], 0, 0, 1)
    dispatcher.hold(0, 0, 0.1)
    dispatcher.hold(1, 0, 0.2)
    // the second query waits at 0.1 + 0.2; if the first one moved on, at 0.1 + (0.3 - 0.1), which is less in doubles
    for (const query of [1, 2]) dispatcher.arrive(query, 0, 0)
    expect(starts(dispatcher, 0)).toEqual([])
  })
})
