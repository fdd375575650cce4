// The instances of a dispatcher, by position: in order of their numbers, without gaps (layout/fleet.ts).
//
// Invariants: the runs cover every position, and each is as long as possible; the bit of a position is set exactly
// where `expected` is -Infinity, and `idle` counts these bits.

import { Dispatcher } from '../layout/dispatcher'
import { paddedInstances, runAt } from '../layout/fleet'
import { clearEstimate } from '../layout/slowdown'
import { bitOf } from '../layout/vector'
import { FLOW_SPACE } from '../layout/window'
import { invalidateFlow } from './flow/sets'

/** Adds an idle instance, for which there is room; returns its number, the smallest that is not in use. */
export function join(dispatcher: Dispatcher, type: i32): i32 {
  const count = dispatcher.instances
  if (dispatcher.space == FLOW_SPACE) invalidateFlow(dispatcher)
  let number = 0
  // all numbers are in use unless there are more of them than instances
  if (dispatcher.numbers == count) number = count
  else while (dispatcher.positionOf[number] >= 0) number++
  // every smaller number is in use, so the number is the position
  for (let p = count; p > number; p--) movePosition(dispatcher, p - 1, p)
  dispatcher.expected[number] = -Infinity
  dispatcher.slowdown[number] = 1
  dispatcher.type[number] = type
  dispatcher.number[number] = number
  dispatcher.positionOf[number] = number
  clearEstimate(dispatcher, number)
  dispatcher.instances = count + 1
  dispatcher.numbers = max(dispatcher.numbers, number + 1)
  if (number == count) {
    setIdle(dispatcher, number)
    dispatcher.idle++
    extendRuns(dispatcher, number)
  } else {
    rebuildIdle(dispatcher, paddedInstances(count + 1))
    rebuildRuns(dispatcher)
  }
  return number
}

/** Removes an instance, with the query that it was serving. */
export function leave(dispatcher: Dispatcher, instance: i32): void {
  const count = dispatcher.instances
  if (dispatcher.space == FLOW_SPACE) invalidateFlow(dispatcher)
  for (let p = dispatcher.positionOf[instance]; p < count - 1; p++) movePosition(dispatcher, p + 1, p)
  dispatcher.positionOf[instance] = -1
  dispatcher.instances = count - 1
  rebuildIdle(dispatcher, paddedInstances(count))
  rebuildRuns(dispatcher)
}

function movePosition(dispatcher: Dispatcher, from: i32, to: i32): void {
  const number = dispatcher.number[from]
  dispatcher.expected[to] = dispatcher.expected[from]
  dispatcher.since[to] = dispatcher.since[from]
  dispatcher.slowdown[to] = dispatcher.slowdown[from]
  dispatcher.cell[to] = dispatcher.cell[from]
  dispatcher.type[to] = dispatcher.type[from]
  dispatcher.number[to] = number
  dispatcher.positionOf[number] = to
}

/** Sets and counts the idle bits, of which the first `room` are in use. */
export function rebuildIdle(dispatcher: Dispatcher, room: i32): void {
  memory.fill(dispatcher.idleBits.address, 0, (room >> 3) as usize)
  let idle = 0
  for (let p = 0; p < dispatcher.instances; p++) {
    if (!isIdle(dispatcher, p)) continue
    setIdle(dispatcher, p)
    idle++
  }
  dispatcher.idle = idle
}

/** Divides the positions into runs. */
export function rebuildRuns(dispatcher: Dispatcher): void {
  dispatcher.runs = 0
  for (let p = 0; p < dispatcher.instances; p++) extendRuns(dispatcher, p)
}

/** Adds the next position to the last run, or to a new one. */
function extendRuns(dispatcher: Dispatcher, position: i32): void {
  const type = dispatcher.type[position]
  const slowdown = dispatcher.slowdown[position]
  let run = runAt(dispatcher, dispatcher.runs - 1)
  if (position == 0 || run.type != type || run.slowdown != slowdown) {
    run = runAt(dispatcher, dispatcher.runs++)
    run.type = type
    run.slowdown = slowdown
    run.first = position
  }
  run.end = position + 1
}

export function setIdle(dispatcher: Dispatcher, position: i32): void {
  dispatcher.idleBits[position >> 6] |= bitOf(position)
}

export function clearIdle(dispatcher: Dispatcher, position: i32): void {
  dispatcher.idleBits[position >> 6] &= ~bitOf(position)
}

/** The first idle position; there is one. */
export function firstIdle(dispatcher: Dispatcher): i32 {
  let word = 0
  while (dispatcher.idleBits[word] == 0) word++
  return 64 * word + (ctz(dispatcher.idleBits[word]) as i32)
}

export function isIdle(dispatcher: Dispatcher, position: i32): bool {
  return dispatcher.expected[position] == -Infinity
}

/** The state of an instance: 0 gone, 1 idle, 2 busy. */
export function stateOf(dispatcher: Dispatcher, instance: i32): i32 {
  if (instance >= dispatcher.numbers) return 0
  const position = dispatcher.positionOf[instance]
  if (position < 0) return 0
  return isIdle(dispatcher, position) ? 1 : 2
}

/** Computes how long each position is expected to stay busy. */
export function computeLeft(dispatcher: Dispatcher): void {
  const expected = dispatcher.expected
  const left = dispatcher.left
  const nows = v128.splat<f64>(dispatcher.now)
  const zero = v128.splat<f64>(0)
  const instances = dispatcher.instances
  for (let p = 0; p < instances; p += 2) {
    left.setLanes(p, f64x2.pmax(zero, f64x2.sub(expected.lanes(p), nows)))
  }
}
