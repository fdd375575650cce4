import { describe, expect, test } from 'vitest'
import { randomStream } from '../../../src/model/random.ts'
import { gradedType, gradedWorkload, gradeOf } from '../../../src/serve/router/grades.ts'
import {
  age,
  createSpeed,
  factorOf,
  observe,
  type Speed,
  usualFactor,
} from '../../../src/serve/router/speed.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'

describe('speed', () => {
  test('nothing is known at first: what is usual counts', () => {
    expect(factorOf(createSpeed(0), 1)).toBe(1)
    expect(factorOf(createSpeed(0), 1.5)).toBe(1.5)
    expect(usualFactor([createSpeed(0)])).toBe(1)
  })

  test('a drift is seen within 20 queries of an instance, whatever their sizes', () => {
    const draw = randomStream(1, 0)
    const speed = createSpeed(0)
    for (let i = 0; i < 100; i++) observe(speed, 5 + 300 * draw(), 0, 0)
    for (const [factor, queries] of [
      [1, 200],
      [2, 20],
      [1, 40],
    ]) {
      for (let i = 0; i < queries; i++) {
        const expected = 5 + 300 * draw()
        observe(speed, expected, factor * expected * (0.9 + 0.2 * draw()), 0)
      }
      expect(Math.abs(factorOf(speed, 1) - factor)).toBeLessThan(factor === 2 ? 0.35 : 0.1)
    }
  })

  test('one slow query is not believed', () => {
    const speed = createSpeed(0)
    observe(speed, 10, 30, 0)
    expect(factorOf(speed, 1)).toBeLessThan(1.6)
    expect(factorOf(speed, 1)).toBeGreaterThan(1)
  })

  test('an instance out of order does not make its type slow', () => {
    const speeds = [1, 1, 1, 10].map((factor) => {
      const speed = createSpeed(0)
      for (let i = 0; i < 10; i++) observe(speed, 10, 10 * factor, 0)
      return speed
    })
    expect(usualFactor(speeds)).toBe(1)
    expect(factorOf(speeds[3], 1)).toBeGreaterThan(8)
  })

  const seen = (ratio: number) => {
    const speed = createSpeed(0)
    for (let i = 0; i < 50; i++) observe(speed, 10, 10 * ratio, 0)
    return speed
  }
  const silent = (speed: Speed, ms: number, inHurry = true) => {
    age(speed, ms, inHurry)
    return speed
  }

  test('an estimate without observations returns to what is usual within two seconds', () => {
    expect(factorOf(silent(seen(3), 500), 1)).toBeCloseTo(3, 1)
    expect(factorOf(silent(seen(3), 1_250), 1)).toBeCloseTo(3 ** 0.5, 1)
    expect(factorOf(silent(seen(3), 2_000), 1)).toBe(1)
  })

  test('where there is no hurry, within twenty', () => {
    expect(factorOf(silent(seen(3), 5_000, false), 1)).toBeCloseTo(3, 1)
    expect(factorOf(silent(seen(3), 20_000, false), 1)).toBe(1)
  })

  test('and what is usual returns to the table', () => {
    const usualAfter = (ms: number) => usualFactor([silent(seen(3), ms), silent(seen(3), ms)])
    expect(usualAfter(500)).toBeCloseTo(3, 5)
    expect(usualAfter(1_250)).toBeCloseTo(3 ** 0.5, 5)
    expect(usualAfter(2_000)).toBe(1)
  })

  test('what was forgotten does not come back with the next observation', () => {
    const speed = silent(seen(3), 2_000)
    observe(speed, 10, 10, 10_000)
    expect(factorOf(speed, 1)).toBe(1)
  })

  test('a recovery is believed after three queries in a row, and not after two', () => {
    const speed = seen(10)
    for (let i = 0; i < 2; i++) observe(speed, 10, 10, 0)
    expect(factorOf(speed, 1)).toBeGreaterThan(8)
    observe(speed, 10, 10, 0)
    expect(factorOf(speed, 1)).toBe(1)
  })
})

describe('grades', () => {
  test('the table of a grade is that of its type, so many times as long', () => {
    const workload = smallWorkload()
    const { workload: graded, types } = gradedWorkload(workload)
    const { latency } = graded
    expect(types).toContain('fast')
    expect(new Set(types).size).toBe(types.length)
    for (const grade of [-6, -1, 0, 5, 18]) {
      const row = latency.types.indexOf(gradedType('slow', grade))
      const factor = 1.15 ** grade
      expect([...latency.meanMs.subarray(3 * row, 3 * row + 3)]).toEqual(
        [4, 20, 400].map((ms) => ms * factor),
      )
      expect([...latency.knotsMs.subarray(9 * row, 9 * row + 3)]).toEqual([2, 4, 6].map((ms) => ms * factor))
    }
  })

  test('a grade is left for a factor clearly outside of it, and bounded', () => {
    expect(gradeOf(1, 0)).toBe(0)
    expect(gradeOf(1.1, 0)).toBe(0)
    expect(gradeOf(1.15, 0)).toBe(1)
    expect(gradeOf(1.05, 1)).toBe(1)
    expect(gradeOf(1, 1)).toBe(0)
    expect(gradeOf(2, 0)).toBe(5)
    expect(gradeOf(1e6, 0)).toBe(18)
    expect(gradeOf(1e-6, 0)).toBe(-6)
  })
})
