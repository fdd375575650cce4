import { type FoundTrace, readStoredTrace } from '../../files/traces/stored/stored-trace.ts'
import { type ReadTraceOptions, readTrace } from '../../files/traces/trace-csv.ts'
import { KairosError } from '../../model/errors.ts'
import { generateTrace } from '../../model/trace/generate-trace.ts'
import { scaleToRate, type Trace } from '../../model/trace/trace.ts'
import type { ArrivalProcess } from '../../model/workload/arrivals.ts'
import { largestBin } from '../../model/workload/latency-table.ts'
import type { Workload } from '../../model/workload/workload.ts'
import type { GeneratedQueries } from '../../replay/jobs.ts'
import { formatQueries } from '../../report/numbers.ts'
import { withReading, withStatus } from '../output/progress.ts'
import { interruptible } from '../output/signals.ts'

export interface ArrivalFlags {
  readonly trace?: string
  readonly rate?: number
  readonly queries?: number
  readonly arrivals?: ArrivalProcess
  readonly cv?: number
  readonly seed: number
  readonly quiet?: boolean
}

/** With so many queries, work on a trace takes long enough that a status is shown. */
export const LONG = 500_000

/** Queries of a generated trace. */
export const GENERATED_QUERIES = 20_000

/** The trace that flags name, scaled to their rate, or the trace that they generate. */
export async function readAskedTrace(given: ArrivalFlags, { latency, mix }: Workload): Promise<Trace> {
  const { trace, rate, seed } = given
  if (trace !== undefined) {
    const maxBatchSize = largestBin(latency)
    const read = await interruptible((signal) =>
      readTraceShowing(trace, given.quiet, { maxBatchSize, signal }),
    )
    return rate === undefined ? read : scaleToRate(read, rate)
  }
  if (rate !== undefined) {
    const recipe = { ...generatedQueries(given, rate), seed, mix }
    const hidden = given.quiet || recipe.queries < LONG
    return withStatus(`drawing ${formatQueries(recipe.queries)}`, hidden, () => generateTrace(recipe))
  }
  throw new KairosError('BAD_USAGE', 'no trace is given', {}, 'give --trace FILE, or --rate to generate one')
}

/** How flags let queries be generated at a rate. */
export function generatedQueries(given: ArrivalFlags, rate: number): GeneratedQueries {
  const { queries = GENERATED_QUERIES, arrivals = 'poisson', cv } = given
  return { arrivals, cv, rate, queries }
}

/** The trace of a file below a root, scaled to the rate of flags, with what workers find it by. */
export async function readTraceBelow(
  root: string,
  file: string,
  given: ArrivalFlags,
  { latency }: Workload,
): Promise<FoundTrace> {
  const { rate, quiet } = given
  const maxBatchSize = largestBin(latency)
  return interruptible((signal) =>
    withReading(quiet, (reports) => readStoredTrace(root, file, { rate, maxBatchSize, signal, ...reports })),
  )
}

/** Reads a trace with a progress bar. */
export async function readTraceShowing(
  file: string,
  quiet: boolean | undefined,
  options: ReadTraceOptions,
): Promise<Trace> {
  return withReading(quiet, (reports) => readTrace(file, { ...options, ...reports }))
}
