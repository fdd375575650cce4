import { Command } from 'commander'
import { formatCount, formatQueries } from '../../report/numbers.ts'
import * as flags from '../input/flags.ts'
import { interruptSignal, show, startProgress, tell } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos trace mix trace.csv --out mix.csv     what a workload asks for, beside its latency table
  kairos trace mix trace.csv > mix.csv

Sizes are those of the trace: a workload rounds them up to the bins of its table.`

interface MixFlags {
  out?: string
  quiet?: boolean
}

export function mixCommand(): Command {
  return new Command('mix')
    .description('the mix of batch sizes of a trace: batch_size,probability')
    .argument('<file>', 'a trace: arrival_ms,batch_size')
    .addOption(flags.outFile())
    .addOption(flags.quiet())
    .addHelpText('after', EXAMPLES)
    .action(writeMixOf)
}

async function writeMixOf(file: string, { out, quiet }: MixFlags): Promise<void> {
  const [{ readTrace }, { mixOfTrace }, { mixLines, writeMix }] = await Promise.all([
    import('../../files/traces/trace-csv.ts'),
    import('../../model/trace-mix.ts'),
    import('../../files/tables/mix.ts'),
  ])
  const signal = interruptSignal()
  const progress = startProgress('reading', 'bytes', quiet)
  try {
    const trace = await readTrace(file, { signal, onProgress: progress.update })
    progress.stop()
    const mix = mixOfTrace(trace)
    if (out === undefined) await show(mixLines(mix))
    else await writeMix(out, mix)
    const what = `${formatCount(mix.batchSizes.length)} batch sizes of ${formatQueries(trace.arrivalMs.length)}`
    tell(quiet, `${out === undefined ? '' : `wrote ${out}: `}${what}`)
  } finally {
    progress.stop()
  }
}
