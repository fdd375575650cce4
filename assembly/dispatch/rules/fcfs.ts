// First come, first served: the oldest query on the first idle instance, as long as there is one of each.

import { start } from '../dispatcher'
import { firstIdle, idleOf } from '../fleet'
import { oldestSlot, pendingOf } from '../queue'

export function startOldest(dispatcherPtr: usize, now: f64): void {
  while (pendingOf(dispatcherPtr) > 0 && idleOf(dispatcherPtr) > 0) {
    start(dispatcherPtr, oldestSlot(dispatcherPtr), firstIdle(dispatcherPtr), now)
  }
}
