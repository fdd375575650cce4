/** Costs of the flow that are equal, or differ in doubles only. */
import { describe, expect, it } from 'vitest'
import { backends } from './backends.ts'
import { flowRule } from './plain-rules.ts'
import { starts } from './two-types.ts'

describe.each(backends)('flow, costs that only rounding separates, %s', (_, kernel) => {
  const opened = (reducedCost: number[], ...instanceType: number[]) => {
    const one = Float64Array.of(1, 1)
    const rule = flowRule({ weight: one, guardMs: one, reducedCost: Float64Array.from(reducedCost) })
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

describe.each(backends)('flow, equal costs, %s', (_, kernel) => {
  /** All weights are 1, and queries take 1 ms. @param reducedCost three bins of each type */
  const opened = (reducedCost: number[], ...instanceType: number[]) => {
    const ones = new Float64Array(reducedCost.length).fill(1)
    const types = reducedCost.length / 3
    const prices = { weight: ones.slice(0, types), reducedCost: Float64Array.from(reducedCost) }
    const rule = flowRule({ ...prices, guardMs: ones })
    const setup = { types, bins: 3, meanMs: ones, learns: 'nothing' } as const
    return kernel.createDispatcher({ ...setup, rule, instanceType: Int32Array.from(instanceType) })
  }
  const byQuery = (pairs: number[][]) => pairs.sort(([a], [b]) => a - b)

  it('of bins: a query of the first one moves on', () => {
    const dispatcher = opened([0, 0, 0, 0.5, 0.5, 9], 0, 0, 0, 1)
    dispatcher.hold(2, 0, 10)
    for (const [query, bin] of [1, 0, 2].entries()) dispatcher.arrive(query, bin, 0)
    // the third query needs an idle instance of the first type, which costs any of the others 0.5
    expect(byQuery(starts(dispatcher, 0))).toEqual([
      [0, 0],
      [1, 3],
      [2, 1],
    ])
  })

  it('of types: no query moves on for one that another type serves', () => {
    const dispatcher = opened([0, 1, 0, 0, 9, 0, 9, 0.5, 0], 0, 0, 1, 2)
    dispatcher.hold(1, 0, 10)
    for (const [query, bin] of [0, 1].entries()) dispatcher.arrive(query, bin, 0)
    // the first query might move to the second type at no cost, but the second query costs less on the third type
    expect(byQuery(starts(dispatcher, 0))).toEqual([
      [0, 0],
      [1, 3],
    ])
  })
})
