// A dispatcher: instances (fleet.ts), pending queries (queue.ts), and how much slower than the table types are
// (slowdown.ts).
// What starts where is said by the rules (rules.ts); whoever drives them, a replay or a live router, calls the
// same functions.

import {
  BINS,
  CELL,
  DISPATCHER_BYTES,
  EXPECTED,
  FREED,
  HEAD,
  IDLE,
  IN_TIME,
  MEAN,
  NUMBER,
  RULE,
  SINCE,
  STARTED,
  STARTED_INSTANCE,
  STARTED_QUERY,
  TABLE,
  TAIL,
  TYPE,
  TYPE_SLOWDOWN,
  TYPES,
  TYPICAL,
  WORK,
} from '../layout/dispatcher'
import { clearIdle, positionOf, setIdle, slowdownAt } from './fleet'
import { binIn, queryIn, release } from './queue'
import { layTypeSlowdowns, learn, typeSlowdown } from './slowdown'

export function dispatcherBytes(): i32 {
  return DISPATCHER_BYTES
}

/**
 * Creates a dispatcher that has no instances and no queries, nor any room for them yet: layFleet and layQueue
 * give it that. `meanPtr` has types x bins service times, `tablePtr` what the rule asks for;
 * `typicalPtr` has types x bins means of the quantiles, it and `slowdownPtr` are 0 where the rule does not learn.
 */
export function createDispatcher(
  dispatcherPtr: usize,
  types: i32,
  bins: i32,
  meanPtr: usize,
  rule: i32,
  tablePtr: usize,
  typicalPtr: usize,
  slowdownPtr: usize,
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
  store<usize>(dispatcherPtr, slowdownPtr, TYPE_SLOWDOWN)
  if (slowdownPtr != 0) layTypeSlowdowns(slowdownPtr, types, bins, meanPtr)
}

/** An instance has completed its query; returns for how long it was busy. */
export function complete(dispatcherPtr: usize, instance: i32, now: f64): f64 {
  const position = positionOf(dispatcherPtr, instance)
  store<f64>(load<usize>(dispatcherPtr, EXPECTED) + 8 * (position as usize), -Infinity)
  setIdle(dispatcherPtr, position)
  store<i32>(dispatcherPtr, load<i32>(dispatcherPtr, IDLE) + 1, IDLE)
  const took = now - load<f64>(load<usize>(dispatcherPtr, SINCE) + 8 * (position as usize))
  if (load<usize>(dispatcherPtr, TYPE_SLOWDOWN) != 0) learn(dispatcherPtr, position, took)
  return took
}

/** Starts a pending query on an idle position. */
export function start(dispatcherPtr: usize, slot: i32, position: i32, now: f64): void {
  const p = position as usize
  const started = load<i32>(dispatcherPtr, STARTED)
  const type = load<i32>(load<usize>(dispatcherPtr, TYPE) + 4 * p)
  const cell = type * load<i32>(dispatcherPtr, BINS) + binIn(dispatcherPtr, slot)
  const mean = load<f64>(load<usize>(dispatcherPtr, MEAN) + 8 * (cell as usize))
  const service = mean * typeSlowdown(dispatcherPtr, type) * slowdownAt(dispatcherPtr, position)
  const numberPtr = load<usize>(dispatcherPtr, NUMBER) + 4 * p
  const at: usize = 4 * (started as usize)
  store<i32>(load<usize>(dispatcherPtr, STARTED_QUERY) + at, queryIn(dispatcherPtr, slot))
  store<i32>(load<usize>(dispatcherPtr, STARTED_INSTANCE) + at, load<i32>(numberPtr))
  store<f64>(load<usize>(dispatcherPtr, EXPECTED) + 8 * p, now + service)
  store<f64>(load<usize>(dispatcherPtr, SINCE) + 8 * p, now)
  store<i32>(load<usize>(dispatcherPtr, CELL) + 4 * p, cell)
  clearIdle(dispatcherPtr, position)
  store<i32>(dispatcherPtr, started + 1, STARTED)
  store<i32>(dispatcherPtr, load<i32>(dispatcherPtr, IDLE) - 1, IDLE)
  release(dispatcherPtr, slot)
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
