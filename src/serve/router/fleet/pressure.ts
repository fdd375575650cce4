import type { Clock } from '../../clock.ts'
import type { PoolListener, RefusalReason } from '../events.ts'

/** Pressure lasts this long after its last sign, ms: less than the longest pause of a server under pressure. */
const LASTING_MS = 1_000

/** Refusals that another server might have prevented. */
const SIGNS: ReadonlySet<RefusalReason> = new Set(['queue-full', 'late', 'no-server', 'failed', 'deadline'])

export type Pressure = ReturnType<typeof createPressure>

/**
 * Whether the servers that get requests are too few: requests are late, refused or failed. Then servers that were slow
 * or failed are tried again soon, because they may have recovered.
 */
export function createPressure(clock: Clock) {
  let lastMs = -Infinity
  const note = () => {
    lastMs = clock.now()
  }
  return {
    get isOn() {
      return clock.now() - lastMs < LASTING_MS
    },
    /** A request is late. */
    noteLate: note,
    /** Notes late answers and refusals. */
    listener: {
      answered({ late }) {
        if (late) note()
      },
      refused(reason) {
        if (SIGNS.has(reason)) note()
      },
    } satisfies PoolListener,
  }
}
