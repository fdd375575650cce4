// Two groups of instances, each with its own bins: the first 1,024 pending queries, oldest first, start on the first
// idle instance of their group.

import { Dispatcher } from '../../layout/dispatcher'
import { PartitionTable } from '../../layout/rules'
import { firstIdle, isIdle } from '../fleet'
import { binIn, slotAfter } from '../queue'
import { start } from '../start'

/** Pending queries that are looked at. */
const LOOKED_AT: i32 = 1024

export function startPartition(dispatcher: Dispatcher): void {
  const groupOfBin = changetype<PartitionTable>(dispatcher.table).groupOfBin
  let idle0 = firstOfGroup(dispatcher, 0)
  let idle1 = firstOfGroup(dispatcher, 1)
  let slot = dispatcher.head
  for (let i = 0; i < LOOKED_AT && slot >= 0 && (idle0 >= 0 || idle1 >= 0); i++) {
    const next = slotAfter(dispatcher, slot)
    const group = groupOfBin[binIn(dispatcher, slot)]
    const position = group == 0 ? idle0 : idle1
    if (position >= 0) {
      start(dispatcher, slot, position)
      if (group == 0) idle0 = firstOfGroup(dispatcher, 0)
      else idle1 = firstOfGroup(dispatcher, 1)
    }
    slot = next
  }
}

/** The first idle position of a group, -1 if there is none. */
function firstOfGroup(dispatcher: Dispatcher, group: f64): i32 {
  if (dispatcher.idle == 0) return -1
  const groupOfType = changetype<PartitionTable>(dispatcher.table).groupOfType
  for (let p = firstIdle(dispatcher); p < dispatcher.instances; p++) {
    if (isIdle(dispatcher, p) && groupOfType[dispatcher.type[p]] == group) return p
  }
  return -1
}
