// Two groups of instances and of queries, each served for itself: a query starts on the first idle instance of
// its group, oldest first. The first 1,024 pending queries are looked at.
//
// Table (f64 words, 0 or 1):  group of type[T] | group of bin[K]

import { start, tableOf, typesOf } from '../dispatcher'
import { firstIdle, idleOf, instancesOf, isIdle, typeAt } from '../fleet'
import { binIn, oldestSlot, slotAfter } from '../queue'

const LOOKED_AT = 1024

export function startApart(dispatcherPtr: usize, now: f64): void {
  const binGroupPtr = tableOf(dispatcherPtr) + 8 * (typesOf(dispatcherPtr) as usize)
  let idle0 = firstOfGroup(dispatcherPtr, 0)
  let idle1 = firstOfGroup(dispatcherPtr, 1)
  let slot = oldestSlot(dispatcherPtr)
  for (let i = 0; i < LOOKED_AT && slot >= 0 && (idle0 >= 0 || idle1 >= 0); i++) {
    const next = slotAfter(dispatcherPtr, slot)
    const group = load<f64>(binGroupPtr + 8 * (binIn(dispatcherPtr, slot) as usize))
    const position = group == 0 ? idle0 : idle1
    if (position >= 0) {
      start(dispatcherPtr, slot, position, now)
      if (group == 0) idle0 = firstOfGroup(dispatcherPtr, 0)
      else idle1 = firstOfGroup(dispatcherPtr, 1)
    }
    slot = next
  }
}

/** The first idle position of a group, -1 if there is none. */
function firstOfGroup(dispatcherPtr: usize, group: f64): i32 {
  if (idleOf(dispatcherPtr) == 0) return -1
  const instances = instancesOf(dispatcherPtr)
  for (let p = firstIdle(dispatcherPtr); p < instances; p++) {
    const groupPtr = tableOf(dispatcherPtr) + 8 * (typeAt(dispatcherPtr, p) as usize)
    if (isIdle(dispatcherPtr, p) && load<f64>(groupPtr) == group) return p
  }
  return -1
}
