// The state of a dispatcher: instances and pending queries. What starts where is said by the rules
// (rules.ts); whoever drives them, a replay or a live router, calls the same functions.
//
// Dispatcher block, 32-bit words. The host reads the first five:
//
//   | instances | idle | pending | address of started queries | of their instances | ... |
//
// Fleet block, by position, for F instances (F' is F padded to a multiple of 64):
//
//   | expected f64[F'] | since f64[F'] | left f64[F'] | type i32[F'] | number i32[F'] | position of i32[F'] |
//   | started query i32[F'] | its instance i32[F'] | runs 12 bytes [F'] | idle, one bit each | cell i32[F'] |
//
// Instances stand in order of their numbers, without gaps, so that neighbours fill the lanes of a vector;
// `position of` leads from a number to its position, -1 if it is not in use. `expected` is when an instance
// is expected to be idle, -Infinity if it is: so the time left is max(0, expected - now) for all of them. A
// run is a stretch of positions of one type:  first | behind the last | type. A cell, type x bins +
// bin, is that of the query that is served.
//
// Pace block, for T types; a dispatcher whose rule does not learn has none, at address 0:
//
//   speed f64[T] | pace f64[T] | took f64[T] | means f64[T] | typicals f64[T]
//
// Sums over the queries that a type has served, with exponential forgetting, so that a long query counts for
// more than what asking and answering takes. Speed, took / means, is how many times as long as its means a
// type takes; pace, took / typicals, as long as its quantiles say, of which `typical` has the means. The two
// differ where only the means of a table are wrong.
//
// Queue block, a slot of 24 bytes for each pending query:
//
//   arrival f64 | query i32 | bin i32 | next slot i32 | slot before i32
//
// Pending queries form a list in order of arrival, so that one may leave from its middle. Slots that were
// given back form another one, `freed`, and are used again first; those from `fresh` on never were. `in time`
// is the first that was in time when a rule last asked.

const INSTANCES: usize = 0
const IDLE: usize = 4
const PENDING: usize = 8
const STARTED_QUERY: usize = 12
const STARTED_INSTANCE: usize = 16
const STARTED: usize = 20
const HEAD: usize = 24
const TAIL: usize = 28
const FREED: usize = 32
const FRESH: usize = 36
const NUMBERS: usize = 40
const TYPES: usize = 44
const BINS: usize = 48
const MEAN: usize = 52
const RULE: usize = 56
const TABLE: usize = 60
const WORK: usize = 64
const QUEUE: usize = 68
const EXPECTED: usize = 72
const SINCE: usize = 76
const LEFT: usize = 80
const TYPE: usize = 84
const NUMBER: usize = 88
const POSITION_OF: usize = 92
const RUNS: usize = 96
const RUN: usize = 100
const IDLE_BITS: usize = 104
const IN_TIME: usize = 108
const PACE: usize = 112
const TYPICAL: usize = 116
const CELL: usize = 120
const DISPATCHER_BYTES: i32 = 128

/** What is left of a sum after each query: about the last five hundred count. */
const KEEP: f64 = 0.998046875

/** Queries of the largest bin that the table is believed for, to begin with. */
const TRUST: f64 = 2

const SLOT_BYTES: usize = 24
const RUN_BYTES: usize = 12

function padded(instances: i32): usize {
  return ((instances + 63) & ~63) as usize
}

/** Bytes of the blocks of a dispatcher, by how many instances, types and queries they hold. */
export function dispatcherBytes(): i32 {
  return DISPATCHER_BYTES
}

export function fleetBytes(instances: i32): usize {
  return 61 * padded(instances)
}

export function paceBytes(types: i32): i32 {
  return 40 * types
}

export function queueBytes(queries: i32): usize {
  return SLOT_BYTES * (queries as usize)
}

/**
 * Creates a dispatcher that has no instances and no queries, nor any room for them yet: layFleet and layQueue
 * give it that. `meanPtr` has types x bins service times, `tablePtr` what the rule asks for;
 * `typicalPtr` has types x bins means of the quantiles, it and `pacePtr` are 0 where the rule does not learn.
 */
export function createDispatcher(
  dispatcherPtr: usize,
  types: i32,
  bins: i32,
  meanPtr: usize,
  rule: i32,
  tablePtr: usize,
  typicalPtr: usize,
  pacePtr: usize,
): void {
  memory.fill(dispatcherPtr, 0, DISPATCHER_BYTES)
  store<i32>(dispatcherPtr, -1, HEAD)
  store<i32>(dispatcherPtr, -1, TAIL)
  store<i32>(dispatcherPtr, -1, FREED)
  store<i32>(dispatcherPtr, -1, IN_TIME)
  store<i32>(dispatcherPtr, types, TYPES)
  store<i32>(dispatcherPtr, bins, BINS)
  store<usize>(dispatcherPtr, meanPtr, MEAN)
  store<i32>(dispatcherPtr, rule, RULE)
  store<usize>(dispatcherPtr, tablePtr, TABLE)
  store<usize>(dispatcherPtr, typicalPtr, TYPICAL)
  store<usize>(dispatcherPtr, pacePtr, PACE)
  if (pacePtr == 0) return
  const row: usize = 8 * (types as usize)
  for (let t = 0; t < types; t++) {
    const at = pacePtr + 8 * (t as usize)
    const largest = load<f64>(meanPtr + 8 * (((t + 1) * bins - 1) as usize))
    store<f64>(at, 1)
    store<f64>(at + row, 1)
    for (let sum: usize = 2; sum < 5; sum++) store<f64>(at + sum * row, TRUST * largest)
  }
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
  memory.copy(fleetPtr + 57 * f, load<usize>(dispatcherPtr, CELL), 4 * count)
  store<usize>(dispatcherPtr, fleetPtr, EXPECTED)
  store<usize>(dispatcherPtr, fleetPtr + 8 * f, SINCE)
  store<usize>(dispatcherPtr, fleetPtr + 16 * f, LEFT)
  store<usize>(dispatcherPtr, fleetPtr + 24 * f, TYPE)
  store<usize>(dispatcherPtr, fleetPtr + 28 * f, NUMBER)
  store<usize>(dispatcherPtr, fleetPtr + 32 * f, POSITION_OF)
  store<usize>(dispatcherPtr, fleetPtr + 36 * f, STARTED_QUERY)
  store<usize>(dispatcherPtr, fleetPtr + 40 * f, STARTED_INSTANCE)
  store<usize>(dispatcherPtr, fleetPtr + 44 * f, RUN)
  store<usize>(dispatcherPtr, fleetPtr + 56 * f, IDLE_BITS)
  store<usize>(dispatcherPtr, fleetPtr + 57 * f, CELL)
  store<usize>(dispatcherPtr, workPtr, WORK)
  layRuns(dispatcherPtr, f)
}

/** Moves the pending queries to a larger block. */
export function layQueue(dispatcherPtr: usize, queuePtr: usize): void {
  const bytes = SLOT_BYTES * (load<i32>(dispatcherPtr, FRESH) as usize)
  memory.copy(queuePtr, load<usize>(dispatcherPtr, QUEUE), bytes)
  store<usize>(dispatcherPtr, queuePtr, QUEUE)
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
  const cellPtr = load<usize>(dispatcherPtr, CELL)
  const typePtr = load<usize>(dispatcherPtr, TYPE)
  const numberPtr = load<usize>(dispatcherPtr, NUMBER)
  const number = load<i32>(numberPtr + 4 * a)
  store<f64>(expectedPtr + 8 * b, load<f64>(expectedPtr + 8 * a))
  store<f64>(sincePtr + 8 * b, load<f64>(sincePtr + 8 * a))
  store<i32>(cellPtr + 4 * b, load<i32>(cellPtr + 4 * a))
  store<i32>(typePtr + 4 * b, load<i32>(typePtr + 4 * a))
  store<i32>(numberPtr + 4 * b, number)
  store<i32>(load<usize>(dispatcherPtr, POSITION_OF) + 4 * (number as usize), to)
}

/** Lays the runs and the idle bits, of which there is room for `room`, as the instances now stand. */
function layRuns(dispatcherPtr: usize, room: usize): void {
  const count = load<i32>(dispatcherPtr, INSTANCES)
  const typePtr = load<usize>(dispatcherPtr, TYPE)
  const bitsPtr = load<usize>(dispatcherPtr, IDLE_BITS)
  let run = load<usize>(dispatcherPtr, RUN) - RUN_BYTES
  let runs = 0
  let idle = 0
  memory.fill(bitsPtr, 0, room >> 3)
  for (let p = 0; p < count; p++) {
    const type = load<i32>(typePtr + 4 * (p as usize))
    if (p == 0 || type != load<i32>(run, 8)) {
      run += RUN_BYTES
      runs++
      store<i32>(run, p)
      store<i32>(run, type, 8)
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

function setIdle(dispatcherPtr: usize, position: i32): void {
  const at = load<usize>(dispatcherPtr, IDLE_BITS) + 8 * ((position >> 6) as usize)
  store<u64>(at, load<u64>(at) | ((1 as u64) << ((position & 63) as u64)))
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

function positionOf(dispatcherPtr: usize, instance: i32): i32 {
  return load<i32>(load<usize>(dispatcherPtr, POSITION_OF) + 4 * (instance as usize))
}

/** What an instance is: 0 not there, 1 idle, 2 busy. */
export function stateOf(dispatcherPtr: usize, instance: i32): i32 {
  if (instance >= load<i32>(dispatcherPtr, NUMBERS)) return 0
  const position = positionOf(dispatcherPtr, instance)
  if (position < 0) return 0
  return isIdle(dispatcherPtr, position) ? 1 : 2
}

/** A query waits from now on, behind those that arrived before it or with it. */
export function arrive(dispatcherPtr: usize, query: i32, bin: i32, arrival: f64): void {
  const queuePtr = load<usize>(dispatcherPtr, QUEUE)
  let slot = load<i32>(dispatcherPtr, FREED)
  const at = queuePtr + SLOT_BYTES * ((slot < 0 ? load<i32>(dispatcherPtr, FRESH) : slot) as usize)
  if (slot < 0) {
    slot = load<i32>(dispatcherPtr, FRESH)
    store<i32>(dispatcherPtr, slot + 1, FRESH)
  } else {
    store<i32>(dispatcherPtr, load<i32>(at, 16), FREED)
  }
  let before = load<i32>(dispatcherPtr, TAIL)
  while (before >= 0 && load<f64>(slotAt(queuePtr, before)) > arrival) {
    before = load<i32>(slotAt(queuePtr, before), 20)
  }
  const next = before < 0 ? load<i32>(dispatcherPtr, HEAD) : load<i32>(slotAt(queuePtr, before), 16)
  store<f64>(at, arrival)
  store<i32>(at, query, 8)
  store<i32>(at, bin, 12)
  store<i32>(at, next, 16)
  store<i32>(at, before, 20)
  if (before < 0) store<i32>(dispatcherPtr, slot, HEAD)
  else store<i32>(slotAt(queuePtr, before), slot, 16)
  if (next < 0) store<i32>(dispatcherPtr, slot, TAIL)
  else store<i32>(slotAt(queuePtr, next), slot, 20)
  store<i32>(dispatcherPtr, load<i32>(dispatcherPtr, PENDING) + 1, PENDING)
}

function slotAt(queuePtr: usize, slot: i32): usize {
  return queuePtr + SLOT_BYTES * (slot as usize)
}

/** A pending query is given up; 0 if there is none of that number. */
export function cancel(dispatcherPtr: usize, query: i32): i32 {
  let slot = load<i32>(dispatcherPtr, HEAD)
  while (slot >= 0 && queryIn(dispatcherPtr, slot) != query) slot = slotAfter(dispatcherPtr, slot)
  if (slot < 0) return 0
  release(dispatcherPtr, slot)
  return 1
}

/** Takes a slot out of the list of pending queries. */
function release(dispatcherPtr: usize, slot: i32): void {
  const queuePtr = load<usize>(dispatcherPtr, QUEUE)
  const at = slotAt(queuePtr, slot)
  const next = load<i32>(at, 16)
  const before = load<i32>(at, 20)
  if (before < 0) store<i32>(dispatcherPtr, next, HEAD)
  else store<i32>(slotAt(queuePtr, before), next, 16)
  if (next < 0) store<i32>(dispatcherPtr, before, TAIL)
  else store<i32>(slotAt(queuePtr, next), before, 20)
  if (load<i32>(dispatcherPtr, IN_TIME) == slot) store<i32>(dispatcherPtr, next, IN_TIME)
  store<i32>(at, load<i32>(dispatcherPtr, FREED), 16)
  store<i32>(dispatcherPtr, slot, FREED)
  store<i32>(dispatcherPtr, load<i32>(dispatcherPtr, PENDING) - 1, PENDING)
}

/** An instance is idle again; returns how long it was not. */
export function complete(dispatcherPtr: usize, instance: i32, now: f64): f64 {
  const position = positionOf(dispatcherPtr, instance)
  store<f64>(load<usize>(dispatcherPtr, EXPECTED) + 8 * (position as usize), -Infinity)
  setIdle(dispatcherPtr, position)
  store<i32>(dispatcherPtr, load<i32>(dispatcherPtr, IDLE) + 1, IDLE)
  const took = now - load<f64>(load<usize>(dispatcherPtr, SINCE) + 8 * (position as usize))
  if (load<usize>(dispatcherPtr, PACE) != 0) learn(dispatcherPtr, position, took)
  return took
}

function learn(dispatcherPtr: usize, position: i32, took: f64): void {
  const row: usize = 8 * (load<i32>(dispatcherPtr, TYPES) as usize)
  const at = load<usize>(dispatcherPtr, PACE) + 8 * (typeAt(dispatcherPtr, position) as usize)
  const cell: usize = 8 * (load<i32>(load<usize>(dispatcherPtr, CELL) + 4 * (position as usize)) as usize)
  const tooks = KEEP * load<f64>(at + 2 * row) + took
  const means = KEEP * load<f64>(at + 3 * row) + load<f64>(load<usize>(dispatcherPtr, MEAN) + cell)
  const typicals = KEEP * load<f64>(at + 4 * row) + load<f64>(load<usize>(dispatcherPtr, TYPICAL) + cell)
  store<f64>(at, tooks / means)
  store<f64>(at + row, tooks / typicals)
  store<f64>(at + 2 * row, tooks)
  store<f64>(at + 3 * row, means)
  store<f64>(at + 4 * row, typicals)
}

/** How many times as long as its means a type takes. */
export function speedOf(dispatcherPtr: usize, type: i32): f64 {
  const pacePtr = load<usize>(dispatcherPtr, PACE)
  return pacePtr == 0 ? 1 : load<f64>(pacePtr + 8 * (type as usize))
}

/** How many times as long as its quantiles say. */
export function paceOf(dispatcherPtr: usize, type: i32): f64 {
  const pacePtr = load<usize>(dispatcherPtr, PACE)
  return pacePtr == 0 ? 1 : load<f64>(pacePtr + 8 * ((load<i32>(dispatcherPtr, TYPES) + type) as usize))
}

/** Forgets what the last decision started. */
export function clearStarted(dispatcherPtr: usize): void {
  store<i32>(dispatcherPtr, 0, STARTED)
}

export function startedCount(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, STARTED)
}

export function startedQuery(dispatcherPtr: usize, k: i32): i32 {
  return load<i32>(load<usize>(dispatcherPtr, STARTED_QUERY) + 4 * (k as usize))
}

export function startedInstance(dispatcherPtr: usize, k: i32): i32 {
  return load<i32>(load<usize>(dispatcherPtr, STARTED_INSTANCE) + 4 * (k as usize))
}

/** Starts a pending query on an idle position. */
export function start(dispatcherPtr: usize, slot: i32, position: i32, now: f64): void {
  const p = position as usize
  const started = load<i32>(dispatcherPtr, STARTED)
  const type = load<i32>(load<usize>(dispatcherPtr, TYPE) + 4 * p)
  const cell = type * load<i32>(dispatcherPtr, BINS) + binIn(dispatcherPtr, slot)
  const mean = load<f64>(load<usize>(dispatcherPtr, MEAN) + 8 * (cell as usize))
  const bitsPtr = load<usize>(dispatcherPtr, IDLE_BITS) + 8 * ((position >> 6) as usize)
  const numberPtr = load<usize>(dispatcherPtr, NUMBER) + 4 * p
  const at = 4 * (started as usize)
  store<i32>(load<usize>(dispatcherPtr, STARTED_QUERY) + at, queryIn(dispatcherPtr, slot))
  store<i32>(load<usize>(dispatcherPtr, STARTED_INSTANCE) + at, load<i32>(numberPtr))
  store<f64>(load<usize>(dispatcherPtr, EXPECTED) + 8 * p, now + mean * speedOf(dispatcherPtr, type))
  store<f64>(load<usize>(dispatcherPtr, SINCE) + 8 * p, now)
  store<i32>(load<usize>(dispatcherPtr, CELL) + 4 * p, cell)
  store<u64>(bitsPtr, load<u64>(bitsPtr) & ~((1 as u64) << ((position & 63) as u64)))
  store<i32>(dispatcherPtr, started + 1, STARTED)
  store<i32>(dispatcherPtr, load<i32>(dispatcherPtr, IDLE) - 1, IDLE)
  release(dispatcherPtr, slot)
}

export function instancesOf(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, INSTANCES)
}

export function idleOf(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, IDLE)
}

export function pendingOf(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, PENDING)
}

export function typesOf(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, TYPES)
}

export function binsOf(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, BINS)
}

export function meanOf(dispatcherPtr: usize): usize {
  return load<usize>(dispatcherPtr, MEAN)
}

export function ruleOf(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, RULE)
}

export function tableOf(dispatcherPtr: usize): usize {
  return load<usize>(dispatcherPtr, TABLE)
}

export function workOf(dispatcherPtr: usize): usize {
  return load<usize>(dispatcherPtr, WORK)
}

/** The oldest pending query's slot, -1 if none waits, and the one behind a slot. */
export function oldestSlot(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, HEAD)
}

export function slotAfter(dispatcherPtr: usize, slot: i32): i32 {
  return load<i32>(slotAt(load<usize>(dispatcherPtr, QUEUE), slot), 16)
}

/**
 * Finds the oldest pending query that arrived less than `qos` ago and returns its slot, -1 if there is none:
 * those before it are late. Times never decrease, so a query that was found late is passed only once.
 */
export function findInTime(dispatcherPtr: usize, now: f64, qos: f64): i32 {
  const queuePtr = load<usize>(dispatcherPtr, QUEUE)
  let slot = load<i32>(dispatcherPtr, IN_TIME)
  let before = slot < 0 ? load<i32>(dispatcherPtr, TAIL) : load<i32>(slotAt(queuePtr, slot), 20)
  // back to those that arrived since, or took an old place again
  while (before >= 0 && qos - (now - load<f64>(slotAt(queuePtr, before))) > 0) {
    slot = before
    before = load<i32>(slotAt(queuePtr, before), 20)
  }
  while (slot >= 0 && !(qos - (now - load<f64>(slotAt(queuePtr, slot))) > 0)) {
    slot = load<i32>(slotAt(queuePtr, slot), 16)
  }
  store<i32>(dispatcherPtr, slot, IN_TIME)
  return slot
}

/** What findInTime returned, or the one behind it if it has left since. */
export function inTimeSlot(dispatcherPtr: usize): i32 {
  return load<i32>(dispatcherPtr, IN_TIME)
}

export function arrivalIn(dispatcherPtr: usize, slot: i32): f64 {
  return load<f64>(slotAt(load<usize>(dispatcherPtr, QUEUE), slot))
}

export function queryIn(dispatcherPtr: usize, slot: i32): i32 {
  return load<i32>(slotAt(load<usize>(dispatcherPtr, QUEUE), slot), 8)
}

export function binIn(dispatcherPtr: usize, slot: i32): i32 {
  return load<i32>(slotAt(load<usize>(dispatcherPtr, QUEUE), slot), 12)
}

export function typeAt(dispatcherPtr: usize, position: i32): i32 {
  return load<i32>(load<usize>(dispatcherPtr, TYPE) + 4 * (position as usize))
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
