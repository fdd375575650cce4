import { Option } from 'commander'
import { ARRIVAL_PROCESSES, type ArrivalProcess } from '../model/arrivals.ts'
import { KairosError } from '../model/errors.ts'
import { MAX_QUERIES, scaleToRate, type Trace } from '../model/trace.ts'
import type { Workload } from '../model/workload.ts'
import * as flags from './flags.ts'

export interface TrafficFlags {
  readonly trace?: string
  readonly rate?: number
  readonly queries: number
  readonly arrivals: ArrivalProcess
  readonly cv?: number
  readonly seed: number
}

/** The flags that say what arrives: a trace, or how one is drawn. */
export const trafficOptions = (queries: number): Option[] => [
  new Option('--trace <file>', 'a trace of arrival_ms,batch_size; otherwise one is drawn'),
  flags.rate('queries per second: of the trace that is drawn, or the one that --trace is scaled to'),
  new Option('--queries <count>', 'how many are drawn')
    .default(queries)
    .argParser(flags.wholeNumber(1, MAX_QUERIES)),
  new Option('--arrivals <process>', 'how they arrive')
    .choices(ARRIVAL_PROCESSES)
    .default(ARRIVAL_PROCESSES[0]),
  new Option('--cv <number>', 'coefficient of variation of gamma gaps: bursts above 1').argParser(
    flags.between(0.01, 100),
  ),
  flags.seed(),
]

/**
 * The trace that flags name, or one that is drawn from the mix of the workload.
 *
 * @throws KairosError BAD_USAGE where they name neither a trace nor a rate
 */
export async function readTraffic(given: TrafficFlags, { mix, latency }: Workload): Promise<Trace> {
  const { rate, queries, arrivals, cv, seed } = given
  if (given.trace !== undefined) {
    const { readTrace } = await import('../files/trace-csv.ts')
    const trace = await readTrace(given.trace, { maxBatchSize: latency.batchSizes.at(-1) })
    return rate === undefined ? trace : scaleToRate(trace, rate)
  }
  if (rate === undefined) {
    throw new KairosError(
      'BAD_USAGE',
      '--trace and --rate are missing',
      {},
      'give a trace, or say how many queries a second arrive',
    )
  }
  const { generateTrace } = await import('../model/generate-trace.ts')
  return generateTrace({ arrivals, cv, rate, queries, seed, mix })
}
