import { expect, test } from 'vitest'
import { fluidBound, fluidProgram } from '../../src/bound/fluid.ts'
import { smallWorkload } from '../fixtures/small-workload.ts'

test('a share of sampled service times is late, and means are late or are not', () => {
  const workload = smallWorkload()
  const types = ['slow', 'fast']
  const sampled = fluidProgram(workload, types)
  expect(Array.from(sampled.service)).toEqual([4, 20, 400, 1, 2, 10])
  expect(Array.from(sampled.violation)).toEqual([0, 0.5, 1, 0, 0, 0])
  const mean = fluidProgram(workload, types, 'mean')
  expect(mean.service).toEqual(sampled.service)
  // 20 ms are just in time
  expect(Array.from(mean.violation)).toEqual([0, 0, 1, 0, 0, 0])
  expect(mean.epsilon).toBe(0.01)
})

test('service times that differ by more than 10^8 are refused: bounds would lose their digits', () => {
  const workload = smallWorkload()
  const withLargest = (ms: number) => {
    const { latency } = workload
    return { ...workload, latency: { ...latency, meanMs: latency.meanMs.with(5, ms) } }
  }
  expect(() => fluidProgram(withLargest(4e9), ['fast', 'slow'])).toThrow(
    /latency: has service times from 4 to 4000000000 ms for slow; the largest may be 10\^8 times the smallest/,
  )
  expect(fluidProgram(withLargest(4e8), ['fast', 'slow']).service[5]).toBe(4e8)
  // a type that is not asked for, or a size without queries, does not count
  expect(fluidProgram(withLargest(4e9), ['fast']).service).toHaveLength(3)
  const small = { ...workload.mix, probabilities: Float64Array.of(0.5, 0.5, 0) }
  expect(fluidProgram({ ...withLargest(4e9), mix: small }, ['slow']).service[2]).toBe(4e9)
})

test.each([
  [undefined, 'counts: is undefined'],
  [[1], 'counts: has 1 number; one for each of fast, slow is expected'],
  [[1, -3], 'counts[1]: is -3 for slow'],
  [[1, Number.NaN], 'counts[1]: is NaN for slow'],
])('a bound of the counts %j is refused', (counts, message) => {
  expect(() => fluidBound(smallWorkload(), ['fast', 'slow'], counts as number[])).toThrow(message)
})
