// The instances of a dispatcher.
//
// Fleet block, by position, for F instances (F' is F padded to a multiple of 64):
//
//   | expected f64[F'] | since f64[F'] | left f64[F'] | type i32[F'] | number i32[F'] | position of i32[F'] |
//   | started query i32[F'] | its instance i32[F'] | runs 24 bytes [F'] | idle, one bit each | cell i32[F'] |
//   | slowdown f64[F'] |
//
// Instances stand in order of their numbers, without gaps, so that neighbours fill the lanes of a vector;
// `position of` leads from a number to its position, -1 if it is not in use. `expected` is when an instance
// is expected to be idle, -Infinity if it is: so the time left is max(0, expected - now) for all of them. A
// run is a stretch of positions of one type and slowdown:  first i32 | behind the last i32 | type i32 | unused |
// slowdown f64. A cell, type x bins +
// bin, is that of the query that is served. A slowdown is how many times as long as the table says an instance
// takes for every query; it is 1 unless the caller sets it.

import {
  CELL,
  EXPECTED,
  IDLE,
  IDLE_BITS,
  INSTANCES,
  LEFT,
  NUMBER,
  NUMBERS,
  POSITION_OF,
  RUN,
  RUNS,
  SINCE,
  SLOWDOWN,
  STARTED_INSTANCE,
  STARTED_QUERY,
  TYPE,
  WORK,
} from '../layout/dispatcher'

const RUN_BYTES: usize = 24

function padded(instances: i32): usize {
  return ((instances + 63) & ~63) as usize
}

/** Bytes of the block, by how many instances it holds. */
export function fleetBytes(instances: i32): usize {
  return 81 * padded(instances)
}

/** Lays a larger block and moves the instances there; the rule has new work space, laid by layRule. */
export function layFleet(dispatcherPtr: usize, fleetPtr: usize, instances: i32, workPtr: usize): void {
  const f = padded(instances)
  const count = load<i32>(dispatcherPtr, INSTANCES) as usize
  const numbers = load<i32>(dispatcherPtr, NUMBERS) as usize
  memory.copy(fleetPtr, load<usize>(dispatcherPtr, EXPECTED), 8 * count)
  memory.copy(fleetPtr + 8 * f, load<usize>(dispatcherPtr, SINCE), 8 * count)
  memory.copy(fleetPtr + 24 * f, load<usize>(dispatcherPtr, TYPE), 4 * count)
  memory.copy(fleetPtr + 28 * f, load<usize>(dispatcherPtr, NUMBER), 4 * count)
  memory.fill(fleetPtr + 32 * f, 0xff, 4 * f)
  memory.copy(fleetPtr + 32 * f, load<usize>(dispatcherPtr, POSITION_OF), 4 * numbers)
  memory.copy(fleetPtr + 69 * f, load<usize>(dispatcherPtr, CELL), 4 * count)
  store<usize>(dispatcherPtr, fleetPtr, EXPECTED)
  store<usize>(dispatcherPtr, fleetPtr + 8 * f, SINCE)
  store<usize>(dispatcherPtr, fleetPtr + 16 * f, LEFT)
  store<usize>(dispatcherPtr, fleetPtr + 24 * f, TYPE)
  store<usize>(dispatcherPtr, fleetPtr + 28 * f, NUMBER)
  store<usize>(dispatcherPtr, fleetPtr + 32 * f, POSITION_OF)
  store<usize>(dispatcherPtr, fleetPtr + 36 * f, STARTED_QUERY)
  store<usize>(dispatcherPtr, fleetPtr + 40 * f, STARTED_INSTANCE)
  store<usize>(dispatcherPtr, fleetPtr + 44 * f, RUN)
  store<usize>(dispatcherPtr, fleetPtr + 68 * f, IDLE_BITS)
  store<usize>(dispatcherPtr, fleetPtr + 69 * f, CELL)
  memory.copy(fleetPtr + 73 * f, load<usize>(dispatcherPtr, SLOWDOWN), 8 * count)
  store<usize>(dispatcherPtr, fleetPtr + 73 * f, SLOWDOWN)
  store<usize>(dispatcherPtr, workPtr, WORK)
  layRuns(dispatcherPtr, f)
}

/** An idle instance more; returns its number, the smallest that is not in use. */
export function join(dispatcherPtr: usize, type: i32): i32 {
  const count = load<i32>(dispatcherPtr, INSTANCES)
  const numbers = load<i32>(dispatcherPtr, NUMBERS)
  let number = 0
  // all numbers are in use unless there are more of them than instances
  if (numbers == count) number = count
  else while (positionOf(dispatcherPtr, number) >= 0) number++
  // every smaller number is in use, so the number is the position
  for (let p = count; p > number; p--) movePosition(dispatcherPtr, p - 1, p)
  store<f64>(load<usize>(dispatcherPtr, EXPECTED) + 8 * (number as usize), -Infinity)
  store<f64>(load<usize>(dispatcherPtr, SINCE) + 8 * (number as usize), 0)
  store<f64>(load<usize>(dispatcherPtr, SLOWDOWN) + 8 * (number as usize), 1)
  store<i32>(load<usize>(dispatcherPtr, TYPE) + 4 * (number as usize), type)
  store<i32>(load<usize>(dispatcherPtr, NUMBER) + 4 * (number as usize), number)
  store<i32>(load<usize>(dispatcherPtr, POSITION_OF) + 4 * (number as usize), number)
  store<i32>(dispatcherPtr, count + 1, INSTANCES)
  store<i32>(dispatcherPtr, max(numbers, number + 1), NUMBERS)
  layRuns(dispatcherPtr, padded(count + 1))
  return number
}

/** An instance is gone, and with it the query that it may have served. */
export function leave(dispatcherPtr: usize, instance: i32): void {
  const count = load<i32>(dispatcherPtr, INSTANCES)
  for (let p = positionOf(dispatcherPtr, instance); p < count - 1; p++) movePosition(dispatcherPtr, p + 1, p)
  store<i32>(load<usize>(dispatcherPtr, POSITION_OF) + 4 * (instance as usize), -1)
  store<i32>(dispatcherPtr, count - 1, INSTANCES)
  layRuns(dispatcherPtr, padded(count))
}

function movePosition(dispatcherPtr: usize, from: i32, to: i32): void {
  const a = from as usize
  const b = to as usize
  const expectedPtr = load<usize>(dispatcherPtr, EXPECTED)
  const sincePtr = load<usize>(dispatcherPtr, SINCE)
  const slowdownPtr = load<usize>(dispatcherPtr, SLOWDOWN)
  const cellPtr = load<usize>(dispatcherPtr, CELL)
  const typePtr = load<usize>(dispatcherPtr, TYPE)
  const numberPtr = load<usize>(dispatcherPtr, NUMBER)
  const number = load<i32>(numberPtr + 4 * a)
  store<f64>(expectedPtr + 8 * b, load<f64>(expectedPtr + 8 * a))
  store<f64>(sincePtr + 8 * b, load<f64>(sincePtr + 8 * a))
  store<f64>(slowdownPtr + 8 * b, load<f64>(slowdownPtr + 8 * a))
  store<i32>(cellPtr + 4 * b, load<i32>(cellPtr + 4 * a))
  store<i32>(typePtr + 4 * b, load<i32>(typePtr + 4 * a))
  store<i32>(numberPtr + 4 * b, number)
  store<i32>(load<usize>(dispatcherPtr, POSITION_OF) + 4 * (number as usize), to)
}

/** Lays the runs and the idle bits, of which there is room for `room`, as the instances now stand. */
function layRuns(dispatcherPtr: usize, room: usize): void {
  const count = load<i32>(dispatcherPtr, INSTANCES)
  const typePtr = load<usize>(dispatcherPtr, TYPE)
  const slowdownPtr = load<usize>(dispatcherPtr, SLOWDOWN)
  const bitsPtr = load<usize>(dispatcherPtr, IDLE_BITS)
  let run = load<usize>(dispatcherPtr, RUN) - RUN_BYTES
  let runs = 0
  let idle = 0
  memory.fill(bitsPtr, 0, room >> 3)
  for (let p = 0; p < count; p++) {
    const type = load<i32>(typePtr + 4 * (p as usize))
    const slowdown = load<f64>(slowdownPtr + 8 * (p as usize))
    if (p == 0 || type != load<i32>(run, 8) || slowdown != load<f64>(run, 16)) {
      run += RUN_BYTES
      runs++
      store<i32>(run, p)
      store<i32>(run, type, 8)
      store<f64>(run, slowdown, 16)
    }
    store<i32>(run, p + 1, 4)
    if (isIdle(dispatcherPtr, p)) {
      setIdle(dispatcherPtr, p)
      idle++
    }
  }
  store<i32>(dispatcherPtr, runs, RUNS)
  store<i32>(dispatcherPtr, idle, IDLE)
}

export function setIdle(dispatcherPtr: usize, position: i32): void {
  const at = load<usize>(dispatcherPtr, IDLE_BITS) + 8 * ((position >> 6) as usize)
  store<u64>(at, load<u64>(at) | ((1 as u64) << ((position & 63) as u64)))
}

export function clearIdle(dispatcherPtr: usize, position: i32): void {
  const at = load<usize>(dispatcherPtr, IDLE_BITS) + 8 * ((position >> 6) as usize)
  store<u64>(at, load<u64>(at) & ~((1 as u64) << ((position & 63) as u64)))
}

/** The first idle position; there is one. */
export function firstIdle(dispatcherPtr: usize): i32 {
  let at = load<usize>(dispatcherPtr, IDLE_BITS)
  let first = 0
  while (load<u64>(at) == 0) {
    at += 8
    first += 64
  }
  return first + (ctz(load<u64>(at)) as i32)
}

export function isIdle(dispatcherPtr: usize, position: i32): bool {
  return load<f64>(load<usize>(dispatcherPtr, EXPECTED) + 8 * (position as usize)) == -Infinity
}

export function positionOf(dispatcherPtr: usize, instance: i32): i32 {
  return load<i32>(load<usize>(dispatcherPtr, POSITION_OF) + 4 * (instance as usize))
}

/** What an instance is: 0 not there, 1 idle, 2 busy. */
export function stateOf(dispatcherPtr: usize, instance: i32): i32 {
  if (instance >= load<i32>(dispatcherPtr, NUMBERS)) return 0
  const position = positionOf(dispatcherPtr, instance)
  if (position < 0) return 0
  return isIdle(dispatcherPtr, position) ? 1 : 2
}

export function instancesOf(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, INSTANCES)
}

export function idleOf(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, IDLE)
}

export function typeAt(dispatcherPtr: usize, position: i32): i32 {
  return load<i32>(load<usize>(dispatcherPtr, TYPE) + 4 * (position as usize))
}

/** How many times as long as its type an instance takes. */
export function slowdownAt(dispatcherPtr: usize, position: i32): f64 {
  return load<f64>(load<usize>(dispatcherPtr, SLOWDOWN) + 8 * (position as usize))
}

/** Sets it, from the next decision on. */
export function setSlowdown(dispatcherPtr: usize, instance: i32, slowdown: f64, _now: f64): void {
  const position = positionOf(dispatcherPtr, instance)
  if (slowdownAt(dispatcherPtr, position) == slowdown) return
  store<f64>(load<usize>(dispatcherPtr, SLOWDOWN) + 8 * (position as usize), slowdown)
  layRuns(dispatcherPtr, padded(load<i32>(dispatcherPtr, INSTANCES)))
}

/** Lays the time that each position is expected to be busy for, and returns where. */
export function layLeft(dispatcherPtr: usize, now: f64): usize {
  const expectedPtr = load<usize>(dispatcherPtr, EXPECTED)
  const leftPtr = load<usize>(dispatcherPtr, LEFT)
  const nows = v128.splat<f64>(now)
  const zero = v128.splat<f64>(0)
  const end: usize = 8 * (load<i32>(dispatcherPtr, INSTANCES) as usize)
  for (let at: usize = 0; at < end; at += 16) {
    v128.store(leftPtr + at, f64x2.pmax(zero, f64x2.sub(v128.load(expectedPtr + at), nows)))
  }
  return leftPtr
}

export function runsOf(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, RUNS)
}

export function runFirst(dispatcherPtr: usize, run: i32): i32 {
  return load<i32>(load<usize>(dispatcherPtr, RUN) + RUN_BYTES * (run as usize))
}

export function runBehind(dispatcherPtr: usize, run: i32): i32 {
  return load<i32>(load<usize>(dispatcherPtr, RUN) + RUN_BYTES * (run as usize), 4)
}

export function runType(dispatcherPtr: usize, run: i32): i32 {
  return load<i32>(load<usize>(dispatcherPtr, RUN) + RUN_BYTES * (run as usize), 8)
}

export function runSlowdown(dispatcherPtr: usize, run: i32): f64 {
  return load<f64>(load<usize>(dispatcherPtr, RUN) + RUN_BYTES * (run as usize), 16)
}
