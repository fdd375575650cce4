import { expect, test } from 'vitest'
import { fluidProgram } from '../../src/bound/fluid.ts'
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
