import { join } from 'node:path'
import type { LiveRun } from '../../model/results/live-run.ts'
import { writeTogether } from '../io/write.ts'

const HEADER = 'arrival_ms,batch_size,start_ms,finish_ms,service_ms'

/**
 * Writes a file for each server, `NUMBER-HOST-PORT.csv`: the queries that it answered, in the order of their starts.
 * Times are those of the trace; `service_ms` is what the server reports, and empty in a protocol without it.
 */
export async function writeServerLogs(
  folder: string,
  run: Pick<LiveRun, 'arrivalMs' | 'batchSize' | 'startMs' | 'finishMs' | 'exeMs' | 'instance'>,
  addresses: readonly string[],
): Promise<void> {
  const { arrivalMs, batchSize, startMs, finishMs, exeMs, instance } = run
  const order = Array.from(instance.keys()).sort((a, b) => startMs[a] - startMs[b])
  await writeTogether(
    addresses.map((address, server) => {
      const rows = order
        .filter((query) => instance[query] === server)
        .map((query) => {
          const service = Number.isNaN(exeMs[query]) ? '' : exeMs[query]
          return `${arrivalMs[query]},${batchSize[query]},${startMs[query]},${finishMs[query]},${service}\n`
        })
      const name = `${server}-${address.replaceAll(/[^\w.]+/g, '-')}.csv`
      return { path: join(folder, name), chunks: [`${HEADER}\n`, ...rows] }
    }),
  )
}
