// Earliest completion: the first 2N pending queries, oldest first, go to the instance on which they are
// expected to finish first, behind those that went there before; the first of equal ones. What goes to an
// idle instance starts. A query is expected to take its mean times the slowdown of the instance. Either all instances are asked, or two that are drawn for each query.
//
// Table (f64 words):  1 if two are drawn, 0 if all are asked | seed
//
// A draw is a hash of seed and query, so that it is the same whenever it is repeated: the finalizer of
// MurmurHash3 (Appleby).

import { binsOf, meanOf, start, tableOf } from '../dispatcher'
import {
  idleOf,
  instancesOf,
  isIdle,
  layLeft,
  runBehind,
  runFirst,
  runSlowdown,
  runsOf,
  runType,
  slowdownAt,
  typeAt,
} from '../fleet'
import { binIn, oldestSlot, pendingOf, queryIn, slotAfter } from '../queue'

const SEED: usize = 8

export function startSoonest(dispatcherPtr: usize, now: f64): void {
  const two = load<f64>(tableOf(dispatcherPtr)) != 0
  const leftPtr = layLeft(dispatcherPtr, now)
  const queries = min(pendingOf(dispatcherPtr), 2 * instancesOf(dispatcherPtr))
  let slot = oldestSlot(dispatcherPtr)
  for (let i = 0; i < queries && idleOf(dispatcherPtr) > 0; i++) {
    const next = slotAfter(dispatcherPtr, slot)
    const meanPtr = meanOf(dispatcherPtr) + 8 * (binIn(dispatcherPtr, slot) as usize)
    const position = two
      ? soonestOfTwo(dispatcherPtr, queryIn(dispatcherPtr, slot), leftPtr, meanPtr)
      : soonest(dispatcherPtr, leftPtr, meanPtr)
    const finish = finishOn(dispatcherPtr, position, leftPtr, meanPtr)
    if (isIdle(dispatcherPtr, position)) start(dispatcherPtr, slot, position, now)
    store<f64>(leftPtr + 8 * (position as usize), finish)
    slot = next
  }
}

function soonest(dispatcherPtr: usize, leftPtr: usize, meanPtr: usize): i32 {
  const bins = binsOf(dispatcherPtr)
  let first = 0
  let earliest = Infinity
  for (let run = 0; run < runsOf(dispatcherPtr); run++) {
    const mean = load<f64>(meanPtr + 8 * ((runType(dispatcherPtr, run) * bins) as usize))
    const service = mean * runSlowdown(dispatcherPtr, run)
    const behind = runBehind(dispatcherPtr, run)
    for (let p = runFirst(dispatcherPtr, run); p < behind; p++) {
      const finish = load<f64>(leftPtr + 8 * (p as usize)) + service
      if (finish < earliest) {
        earliest = finish
        first = p
      }
    }
  }
  return first
}

function soonestOfTwo(dispatcherPtr: usize, query: i32, leftPtr: usize, meanPtr: usize): i32 {
  const instances = instancesOf(dispatcherPtr) as u32
  const seed = load<f64>(tableOf(dispatcherPtr), SEED) as u32
  const hash = scramble(scramble(seed) ^ (query as u32))
  const one = (hash % instances) as i32
  if (instances == 1) return one
  const further = 1 + (scramble(hash + 1) % (instances - 1))
  const other = (((one as u32) + further) % instances) as i32
  const finish = finishOn(dispatcherPtr, other, leftPtr, meanPtr)
  return finish < finishOn(dispatcherPtr, one, leftPtr, meanPtr) ? other : one
}

function finishOn(dispatcherPtr: usize, position: i32, leftPtr: usize, meanPtr: usize): f64 {
  const row: usize = 8 * ((typeAt(dispatcherPtr, position) * binsOf(dispatcherPtr)) as usize)
  const service = load<f64>(meanPtr + row) * slowdownAt(dispatcherPtr, position)
  return load<f64>(leftPtr + 8 * (position as usize)) + service
}

function scramble(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x85ebca6b
  x = (x ^ (x >> 13)) * 0xc2b2ae35
  return x ^ (x >> 16)
}
