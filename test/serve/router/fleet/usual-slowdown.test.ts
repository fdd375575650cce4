import { expect, test } from 'vitest'
import { createUsualSlowdown } from '../../../../src/serve/router/fleet/usual-slowdown.ts'

function start() {
  let nowMs = 0
  let slowdowns: number[] = []
  const slots = {
    get size() {
      return slowdowns.length
    },
    all: () => slowdowns.map((slowdown) => ({ slowdown })),
  }
  const usual = createUsualSlowdown(slots, { now: () => nowMs })
  return (atMs: number, ...all: number[]) => {
    nowMs = atMs
    slowdowns = all
    return usual()
  }
}

test('the usual slowdown is the median, and the last one while no slot gets requests', () => {
  const usual = start()
  expect(usual(0)).toBe(1)
  expect(usual(0, 3)).toBe(3)
  expect(usual(0, 10, 1, 2)).toBe(2)
  expect(usual(0, 10, 1, 2, 4)).toBe(3)
  expect(usual(0)).toBe(3)
})

test('that of more than 64 slots is computed once in 100 ms', () => {
  const usual = start()
  const all = (size: number, slowdown: number) => new Array<number>(size).fill(slowdown)
  expect(usual(0, ...all(65, 2))).toBe(2)
  expect(usual(99, ...all(65, 3))).toBe(2)
  expect(usual(99, ...all(64, 3))).toBe(3)
  expect(usual(199, ...all(65, 4))).toBe(4)
})
