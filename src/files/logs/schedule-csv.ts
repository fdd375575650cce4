import { checkColumns, isMap, valueText } from '../../model/checks.ts'
import { refuseUsage } from '../../model/errors.ts'
import type { Schedule } from '../../model/results/replay.ts'
import { rowPieces } from '../io/row-pieces.ts'
import { writeTogether } from '../io/write.ts'

const HEADER = 'query,instance,start_ms,finish_ms'

/**
 * Writes `query,instance,start_ms,finish_ms`, and `batch` where there are batches, each time with the digits that
 * restore the same double. Writes all files or none.
 *
 * @throws KairosError BAD_USAGE unless `schedules` is a Map from paths to schedules; BAD_MODEL for columns that are
 *   missing or differ in length; NO_FILE where one cannot be written; the reason of an aborted signal
 */
export async function writeSchedules(
  schedules: ReadonlyMap<string, Schedule>,
  signal?: AbortSignal,
): Promise<void> {
  checkSchedules(schedules)
  await writeTogether(
    [...schedules].map(([path, schedule]) => ({ path, chunks: scheduleText(schedule, signal) })),
  )
}

function checkSchedules(schedules: ReadonlyMap<string, Schedule>): void {
  const cure = 'a Map from paths to schedules, as replay() returns them, is expected'
  if (!isMap(schedules)) refuseUsage('schedules', 'is no Map', cure)
  for (const [path, schedule] of schedules) {
    const times = { instance: 'Int32Array', startMs: 'Float64Array', finishMs: 'Float64Array' } as const
    const batch = schedule?.batch === undefined ? {} : ({ batch: 'Int32Array' } as const)
    checkColumns(valueText(path), schedule, { ...times, ...batch }, cure)
  }
}

async function* scheduleText(
  { instance, startMs, finishMs, batch }: Schedule,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  yield batch ? `${HEADER},batch\n` : `${HEADER}\n`
  const textOf = (i: number) =>
    `${i},${instance[i]},${startMs[i]},${finishMs[i]}${batch ? `,${batch[i]}` : ''}\n`
  yield* rowPieces(instance.length, textOf, { signal })
}
