import { traceText, writeTrace } from '../../files/traces/trace-csv.ts'
import { rateOf, type Trace } from '../../model/trace/trace.ts'
import { formatDuration, formatFigure, formatQueries } from '../../report/numbers.ts'
import { withProgress } from './progress.ts'
import { show, tell } from './terminal.ts'

/** Writes a trace to the file of `--out`, whole or not at all, or to stdout. */
export async function putTrace(
  trace: Trace,
  { out, quiet }: { readonly out?: string; readonly quiet?: boolean },
  signal: AbortSignal,
): Promise<void> {
  // no bar between the lines of a trace
  const hidden = quiet || (out === undefined && process.stdout.isTTY)
  await withProgress('writing', 'queries', hidden, (onProgress) => {
    const options = { signal, onProgress }
    return out === undefined ? show(traceText(trace, options)) : writeTrace(out, trace, options)
  })
  tell(quiet, `wrote ${out === undefined ? '' : `${out}: `}${inShort(trace)}`)
}

function inShort(trace: Trace): string {
  const { arrivalMs } = trace
  const last = arrivalMs.length - 1
  const rate = rateOf(trace)
  const queries = formatQueries(arrivalMs.length)
  if (Number.isNaN(rate)) return queries
  return `${queries} in ${formatDuration(arrivalMs[last] - arrivalMs[0])}, ${formatFigure(rate)} q/s`
}
