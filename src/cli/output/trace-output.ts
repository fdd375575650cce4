import { traceText, writeTrace } from '../../files/traces/trace-csv.ts'
import { rateOf, type Trace } from '../../model/trace/trace.ts'
import { formatDuration, formatFigure, formatQueries } from '../../report/numbers.ts'
import { startProgress } from './progress.ts'
import { show, tell } from './terminal.ts'

/** Writes a trace to the file of `--out`, whole or not at all, or to stdout. */
export async function putTrace(
  trace: Trace,
  { out, quiet }: { readonly out?: string; readonly quiet?: boolean },
  signal: AbortSignal,
): Promise<void> {
  // no bar between the lines of a trace
  const hidden = quiet || (out === undefined && process.stdout.isTTY)
  const progress = startProgress('writing', 'queries', hidden)
  const options = { signal, onProgress: progress.update }
  try {
    if (out === undefined) await show(traceText(trace, options))
    else await writeTrace(out, trace, options)
  } finally {
    progress.stop()
  }
  tell(quiet, `wrote ${out === undefined ? '' : `${out}: `}${inShort(trace)}`)
}

function inShort(trace: Trace): string {
  const { arrivalMs } = trace
  const last = arrivalMs.length - 1
  const rate = rateOf(trace)
  const queries = formatQueries(arrivalMs.length)
  if (Number.isNaN(rate)) return queries
  return `${queries} in ${formatDuration(arrivalMs[last] - arrivalMs[0])}, ${formatFigure(rate)} queries/s`
}
