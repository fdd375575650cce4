import type { Command } from 'commander'
import { describeTrace } from '../../model/trace/describe-trace.ts'
import { jsonText } from '../../report/json.ts'
import { tracePage } from '../../report/page/trace-page.ts'
import { tracePlot } from '../../report/plots/trace-plot.ts'
import { traceDescriptionText } from '../../report/trace/trace-description.ts'
import { readTraceShowing } from '../input/arrivals.ts'
import * as flags from '../input/flags.ts'
import { type OutputFlags, savePicture, saveReport } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'
import { show } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm trace describe trace.csv
  kairos-wasm trace describe trace.csv --format json > trace.json
  kairos-wasm trace describe trace.csv --svg trace.svg     a picture: rate over time, batch sizes

A trace has the columns arrival_ms,batch_size; kairos-wasm trace convert converts other formats.`

export function define(command: Command): void {
  flags
    .addFlags(
      command.argument('<file>', 'a trace: arrival_ms,batch_size'),
      flags.format('table', 'json'),
      flags.svg(),
      flags.report(),
      flags.quiet(),
    )
    .action(describe)
}

async function describe(file: string, given: Omit<OutputFlags, 'out' | 'color'>): Promise<void> {
  const trace = await readTraceShowing(file, given.quiet, { signal: interruptSignal() })
  const description = describeTrace(trace)
  await show([given.format === 'json' ? jsonText(description) : traceDescriptionText(description)])
  await savePicture(given, () => tracePlot(description))
  await saveReport(given, () => ({ page: tracePage(description), input: undefined }))
}
