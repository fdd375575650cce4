import { readTrace } from '../../files/traces/trace-csv.ts'
import type { ArrivalProcess } from '../../model/arrivals.ts'
import { KairosError } from '../../model/errors.ts'
import { generateTrace } from '../../model/generate-trace.ts'
import { scaleToRate, type Trace } from '../../model/trace.ts'
import type { Workload } from '../../model/workload.ts'
import { interruptible, startProgress } from '../output/terminal.ts'

export interface ArrivalFlags {
  readonly trace?: string
  readonly rate?: number
  readonly queries?: number
  readonly arrivals?: ArrivalProcess
  readonly cv?: number
  readonly seed: number
  readonly quiet?: boolean
}

/** Queries of a trace that is drawn. */
const QUERIES = 20_000

/** The trace that flags name, at the rate that they ask for, or the one that they say how to draw. */
export async function readAskedTrace(given: ArrivalFlags, { latency, mix }: Workload): Promise<Trace> {
  const { trace, rate, queries = QUERIES, arrivals = 'poisson', cv, seed } = given
  if (trace !== undefined) {
    refuseDrawing(given)
    return readArrivals(trace, given, latency.batchSizes[latency.batchSizes.length - 1])
  }
  if (rate !== undefined) return generateTrace({ arrivals, cv, rate, queries, seed, mix })
  throw new KairosError(
    'BAD_USAGE',
    'nothing arrives',
    {},
    'name a --trace, or say by --rate how many queries a second arrive',
  )
}

function refuseDrawing({ queries, arrivals, cv }: ArrivalFlags): void {
  for (const [flag, value] of Object.entries({ queries, arrivals, cv })) {
    if (value === undefined) continue
    throw new KairosError('BAD_USAGE', `--trace names a trace, and --${flag} draws one`, {}, 'leave one out')
  }
}

async function readArrivals(file: string, { rate, quiet }: ArrivalFlags, maxBatchSize: number) {
  const progress = startProgress('reading', 'bytes', quiet)
  try {
    const trace = await interruptible((signal) =>
      readTrace(file, { maxBatchSize, signal, onProgress: progress.update }),
    )
    return rate === undefined ? trace : scaleToRate(trace, rate)
  } finally {
    progress.stop()
  }
}
