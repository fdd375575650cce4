// Each idle instance, first to last, starts the oldest query, with those behind it in order of arrival as long as they
// fit into the largest batch of its type: a dynamic batcher that waits for no query.

import { Dispatcher } from '../../layout/dispatcher'
import { OldestTable } from '../../layout/rules'
import { batchWorkOf, hasRoom, startBatch } from '../batches/batch'
import { isIdle } from '../fleet'
import { binIn, slotAfter } from '../queue'

export function startOldest(dispatcher: Dispatcher): void {
  const table = changetype<OldestTable>(dispatcher.table)
  const sizes = table.batchSize
  const trial = batchWorkOf(dispatcher).trial
  for (let p = 0; p < dispatcher.instances && dispatcher.pending > 0; p++) {
    if (!isIdle(dispatcher, p)) continue
    const largest = table.largest[dispatcher.type[p]]
    let slot = dispatcher.head
    let total = sizes[binIn(dispatcher, slot)]
    let members = 1
    trial[0] = slot
    for (slot = slotAfter(dispatcher, slot); slot >= 0; slot = slotAfter(dispatcher, slot)) {
      const size = sizes[binIn(dispatcher, slot)]
      if (!hasRoom(members, total, size, largest)) break
      trial[members++] = slot
      total += size
    }
    startBatch(dispatcher, sizes, trial, members, p)
  }
}
