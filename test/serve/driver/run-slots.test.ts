import { expect, test } from 'vitest'
import { createRunSlots } from '../../../src/serve/driver/run-slots.ts'

/** Three slots, the first two of server 0, and what the dispatcher is told of them. */
function threeSlots() {
  const told: string[] = []
  const lost = new Set<number>()
  let next = 3
  const slots = createRunSlots({
    dispatcher: {
      join: (type) => {
        told.push(`join ${type}`)
        return next++
      },
      leave: (instance) => void told.push(`leave ${instance}`),
      complete: (instance, _nowMs, isServed) => {
        told.push(`complete ${instance} ${isServed}`)
        return 5
      },
    },
    serverOf: [0, 0, 1],
    typeOf: (slot) => `type${slot}`,
    isLost: (server) => lost.has(server),
  })
  return { slots, told, lost }
}

test('the slots of a lost server leave the dispatcher, and return under other instance numbers', () => {
  const { slots, told } = threeSlots()
  slots.leave(0)
  slots.leave(0)
  slots.takeBack(0)
  expect(told).toEqual(['leave 0', 'leave 1', 'join type0', 'join type1'])
  expect([slots.begin(4), slots.begin(2)]).toEqual([1, 2])
  expect(slots.end(1, 10, true)).toBe(5)
  expect(told.at(-1)).toBe('complete 4 true')
})

test('a slot that is busy while its server returns joins once its batch has ended', () => {
  const { slots, told } = threeSlots()
  const slot = slots.begin(0)
  slots.leave(0)
  slots.takeBack(0)
  expect(told.slice(2)).toEqual(['join type1'])
  expect(slots.end(slot, 10, false)).toBe(0)
  expect(told.slice(3)).toEqual(['join type0'])
})

test('a slot whose batch ends while its server is lost stays out of the dispatcher', () => {
  const { slots, told, lost } = threeSlots()
  const slot = slots.begin(0)
  slots.leave(0)
  lost.add(0)
  expect(slots.end(slot, 10, false)).toBe(0)
  expect(told).toEqual(['leave 0', 'leave 1'])
  slots.takeBack(0)
  expect(told.slice(2)).toEqual(['join type0', 'join type1'])
})
