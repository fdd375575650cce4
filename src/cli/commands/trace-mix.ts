import type { Command } from 'commander'
import { mixLines, writeMix } from '../../files/tables/mix.ts'
import { counted } from '../../model/counted.ts'
import { mixOfTrace } from '../../model/trace/trace-mix.ts'
import { formatQueries } from '../../report/numbers.ts'
import { readTraceShowing } from '../input/arrivals.ts'
import * as flags from '../input/flags.ts'
import { interruptSignal } from '../output/signals.ts'
import { show, tell } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm trace mix trace.csv --out mix.csv     the mix of a workload, beside its latency table
  kairos-wasm trace mix trace.csv > mix.csv

The mix has the batch sizes of the trace; a workload rounds them up to the bins of its table.`

interface MixFlags {
  out?: string
  quiet?: boolean
}

export function define(command: Command): void {
  flags
    .addFlags(command.argument('<file>', 'a trace: arrival_ms,batch_size'), flags.outFile(), flags.quiet())
    .action(writeMixOf)
}

async function writeMixOf(file: string, { out, quiet }: MixFlags): Promise<void> {
  const trace = await readTraceShowing(file, quiet, { signal: interruptSignal() })
  const mix = mixOfTrace(trace)
  if (out === undefined) await show(mixLines(mix))
  else await writeMix(out, mix)
  const what = `${counted(mix.batchSizes.length, 'batch size')} of ${formatQueries(trace.arrivalMs.length)}`
  tell(quiet, `${out === undefined ? '' : `wrote ${out}: `}${what}`)
}
