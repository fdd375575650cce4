// First come, first served: the oldest query on the first idle instance, as long as there is one of each.

import { Dispatcher } from '../../layout/dispatcher'
import { firstIdle } from '../fleet'
import { start } from '../start'

export function startFcfs(dispatcher: Dispatcher): void {
  while (dispatcher.pending > 0 && dispatcher.idle > 0) {
    start(dispatcher, dispatcher.head, firstIdle(dispatcher))
  }
}
