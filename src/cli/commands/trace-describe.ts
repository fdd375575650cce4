import { Command } from 'commander'
import * as flags from '../input/flags.ts'
import { interruptSignal, show, startProgress, tell } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos trace describe trace.csv
  kairos trace describe trace.csv --format json > trace.json
  kairos trace describe trace.csv --svg trace.svg     a picture: rate over time, batch sizes

It reads arrival_ms,batch_size; see kairos trace convert for the traces of others.`

interface DescribeFlags {
  format: string
  svg?: string
  quiet?: boolean
}

export function describeCommand(): Command {
  return new Command('describe')
    .description('what a trace looks like: rate over time, burstiness, batch sizes')
    .argument('<file>', 'a trace: arrival_ms,batch_size')
    .addOption(flags.format('table', 'json'))
    .addOption(flags.svg())
    .addOption(flags.quiet())
    .addHelpText('after', EXAMPLES)
    .action(describe)
}

async function describe(file: string, given: DescribeFlags): Promise<void> {
  const [{ readTrace }, { describeTrace }, { formatTraceDescription }] = await Promise.all([
    import('../../files/traces/trace-csv.ts'),
    import('../../model/describe-trace.ts'),
    import('../../report/trace-description.ts'),
  ])
  const signal = interruptSignal()
  const progress = startProgress('reading', 'bytes', given.quiet)
  try {
    const trace = await readTrace(file, { signal, onProgress: progress.update })
    progress.stop()
    const description = describeTrace(trace)
    const asJson = given.format === 'json'
    await show([asJson ? `${JSON.stringify(description, null, 2)}\n` : formatTraceDescription(description)])
    if (given.svg === undefined) return
    const [{ renderSvg }, { tracePlot }, { writeAtomically }] = await Promise.all([
      import('../../report/plot.ts'),
      import('../../report/trace-plot.ts'),
      import('../../files/io/write.ts'),
    ])
    await writeAtomically(given.svg, await renderSvg(tracePlot(description)))
    tell(given.quiet, `wrote ${given.svg}`)
  } finally {
    progress.stop()
  }
}
