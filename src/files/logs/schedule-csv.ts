import { setImmediate } from 'node:timers/promises'
import { KairosError } from '../../model/errors.ts'
import type { Schedule } from '../../model/results/replay.ts'
import { writeTogether } from '../io/write.ts'

const HEADER = 'query,instance,start_ms,finish_ms\n'

/** Rows that are formatted before they are written. */
const ROWS_A_PIECE = 1 << 14

/**
 * Writes `query,instance,start_ms,finish_ms`, each time with as many digits as bring back the same double.
 * All files appear whole, or none.
 *
 * @throws KairosError NO_FILE where one cannot be written; ABORTED
 */
export async function writeSchedules(
  schedules: ReadonlyMap<string, Schedule>,
  signal?: AbortSignal,
): Promise<void> {
  await writeTogether(
    [...schedules].map(([path, schedule]) => ({ path, chunks: scheduleText(schedule, signal) })),
  )
}

async function* scheduleText(
  { instance, startMs, finishMs }: Schedule,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  yield HEADER
  for (let from = 0; from < instance.length; from += ROWS_A_PIECE) {
    const to = Math.min(from + ROWS_A_PIECE, instance.length)
    let piece = ''
    for (let i = from; i < to; i++) piece += `${i},${instance[i]},${startMs[i]},${finishMs[i]}\n`
    yield piece
    // whoever wants to end it has to be heard, even where writing never waits
    await setImmediate()
    if (signal?.aborted) throw new KairosError('ABORTED', 'the writing was ended before it was done')
  }
}
