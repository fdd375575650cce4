import { describe, expect, test } from 'vitest'
import { randomStream } from '../../../src/model/random.ts'
import {
  createObservations,
  observe,
  onGrid,
  slowdownOf,
  usualSlowdown,
} from '../../../src/serve/router/slowdown.ts'

/** A server that has served 50 queries with a slowdown. */
function served(slowdown: number) {
  const seen = createObservations(0)
  for (let i = 0; i < 50; i++) observe(seen, 10, 10 * slowdown, 0)
  return seen
}

describe('the slowdown of a server', () => {
  test('without observations is the usual one of its type', () => {
    expect(slowdownOf(createObservations(0), 1, 0)).toBe(1)
    expect(slowdownOf(createObservations(0), 1.5, 0)).toBe(1.5)
    expect(usualSlowdown([createObservations(0)], 0)).toBe(1)
  })

  test('follows a change within 20 queries, whatever their sizes', () => {
    const draw = randomStream(1, 0)
    const seen = createObservations(0)
    for (let i = 0; i < 100; i++) observe(seen, 5 + 300 * draw(), 0, 0)
    for (const [slowdown, queries] of [
      [1, 200],
      [2, 20],
      [1, 40],
    ]) {
      for (let i = 0; i < queries; i++) {
        const expectedMs = 5 + 300 * draw()
        observe(seen, expectedMs, slowdown * expectedMs * (0.9 + 0.2 * draw()), 0)
      }
      expect(Math.abs(slowdownOf(seen, 1, 0) - slowdown)).toBeLessThan(slowdown === 2 ? 0.35 : 0.1)
    }
  })

  test('changes little after a single slow query', () => {
    const seen = createObservations(0)
    observe(seen, 10, 30, 0)
    expect(slowdownOf(seen, 1, 0)).toBeLessThan(1.6)
    expect(slowdownOf(seen, 1, 0)).toBeGreaterThan(1)
  })

  test('returns to the usual one within two seconds without observations', () => {
    const seen = served(3)
    expect(slowdownOf(seen, 1, 500)).toBeCloseTo(3, 1)
    expect(slowdownOf(seen, 1, 1_250)).toBeCloseTo(3 ** 0.5, 1)
    expect(slowdownOf(seen, 1, 2_000)).toBe(1)
  })

  test('is not affected by forgotten observations', () => {
    const seen = served(3)
    observe(seen, 10, 10, 10_000)
    expect(slowdownOf(seen, 1, 10_000)).toBe(1)
  })

  test('recovers after three fast queries in a row, not after two', () => {
    const seen = served(10)
    for (let i = 0; i < 2; i++) observe(seen, 10, 10, 0)
    expect(slowdownOf(seen, 1, 0)).toBeGreaterThan(8)
    observe(seen, 10, 10, 0)
    expect(slowdownOf(seen, 1, 0)).toBe(1)
  })
})

describe('the usual slowdown of a type', () => {
  test('is the median of its servers', () => {
    const servers = [1, 1, 1, 10].map(served)
    expect(usualSlowdown(servers, 0)).toBe(1)
    expect(slowdownOf(servers[3], 1, 0)).toBeGreaterThan(8)
  })

  test('returns to the table within two seconds without observations', () => {
    const servers = [served(3), served(3)]
    expect(usualSlowdown(servers, 500)).toBeCloseTo(3, 5)
    expect(usualSlowdown(servers, 1_250)).toBeCloseTo(3 ** 0.5, 5)
    expect(usualSlowdown(servers, 2_000)).toBe(1)
  })
})

test('the dispatcher is told slowdowns on a grid of 5%, and changes only of more than three quarters of a step', () => {
  expect(onGrid(1, 1)).toBe(1)
  expect(onGrid(1.03, 1)).toBe(1)
  expect(onGrid(1.04, 1)).toBe(1.05)
  expect(onGrid(1.02, 1.05)).toBe(1.05)
  expect(onGrid(1, 1.05)).toBe(1)
  // servers that are equally slow are told the same
  expect(onGrid(2.01, 1)).toBe(onGrid(1.98, 1))
  expect(onGrid(2, 1) / 2).toBeCloseTo(1, 1)
})
