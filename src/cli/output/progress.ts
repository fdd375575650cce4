/** Progress on stderr: only where it is a terminal, and only of long work. */
import type { SingleBar } from 'cli-progress'
import type { OnProgress } from '../../model/progress.ts'
import { formatCount, formatDuration, formatRate } from '../../report/numbers.ts'
import { tell } from './terminal.ts'

export interface ProgressBar {
  readonly update: OnProgress
  stop(): void
}

/** Whether stderr is a terminal on which a line can be overwritten. */
function canOverwrite(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== 'dumb'
}

/** Work that takes less is not shown, ms. */
const QUICK_MS = 300

/**
 * A progress bar with rate and remaining time on stderr: only on a terminal, and only for long work. An update at the
 * start shows the bar while the first part of long work runs, unless that blocks the thread.
 */
export function startProgress(label: string, unit: string, quiet: boolean | undefined): ProgressBar {
  const started = performance.now()
  const shown = !quiet && canOverwrite()
  let bar: SingleBar | undefined
  let state: 'quick' | 'loading' | 'shown' | 'stopped' = 'quick'
  let later: NodeJS.Timeout | undefined
  /** What was done before, and is not part of the rate. */
  let before: number | undefined
  const update: OnProgress = ({ done, total }) => {
    if (!shown || state === 'stopped') return
    clearTimeout(later)
    before ??= done
    const [doneNow, totalNow] = [done - before, total - before]
    const elapsedMs = performance.now() - started
    if (elapsedMs < QUICK_MS) {
      later = setTimeout(() => update({ done, total }), QUICK_MS - elapsedMs + 1)
      return
    }
    const texts = { whole: formatCount(total), rest: rest(doneNow, totalNow, unit, elapsedMs) }
    if (state === 'quick') {
      state = 'loading'
      // imported here: most work ends before a bar would show
      import('cli-progress').then(({ default: { SingleBar } }) => {
        if (state === 'stopped') return
        state = 'shown'
        bar = new SingleBar(barOptions(label, unit))
        bar.start(total, done, texts)
      })
    }
    bar?.setTotal(total)
    bar?.update(done, texts)
  }
  return {
    update,
    stop() {
      state = 'stopped'
      clearTimeout(later)
      bar?.stop()
    },
  }
}

/** Shows a progress bar while work that reports its progress runs. */
export async function withProgress<Result>(
  label: string,
  unit: string,
  quiet: boolean | undefined,
  work: (onProgress: OnProgress) => Promise<Result>,
): Promise<Result> {
  const { update, stop } = startProgress(label, unit, quiet)
  return work(update).finally(stop)
}

/** What a reader reports: the bytes that it has read, and notes about what is in the file. */
interface ReadReports {
  readonly onProgress: OnProgress
  readonly onNote: (note: string) => void
}

/** Shows a progress bar while files are read, and then the notes about them. */
export async function withReading<Result>(
  quiet: boolean | undefined,
  read: (reports: ReadReports) => Promise<Result>,
): Promise<Result> {
  const notes: string[] = []
  const onNote = (note: string) => void notes.push(note)
  const result = await withProgress('reading', 'bytes', quiet, (onProgress) => read({ onProgress, onNote }))
  for (const note of notes) tell(quiet, note)
  return result
}

/** The rate and the remaining time, as far as they are known. */
function rest(done: number, total: number, unit: string, elapsedMs: number): string {
  if (done === 0) return ''
  const rate = (1000 * done) / elapsedMs
  const left = total > done ? `, ${formatDuration((1000 * (total - done)) / rate)} left` : ''
  return `, ${rate < 10 ? formatRate(rate) : formatCount(rate)} ${unit}/s${left}`
}

const barOptions = (label: string, unit: string) => ({
  format: `${label} {bar} {percentage}% of {whole} ${unit}{rest}`,
  barCompleteChar: '█',
  barIncompleteChar: '░',
  barsize: 24,
  clearOnComplete: true,
  hideCursor: true,
  stream: process.stderr,
})

/** A status line on stderr that is overwritten; only on a terminal. */
export function startStatus(quiet: boolean | undefined): { show(line: string): void; stop(): void } {
  const shown = !quiet && canOverwrite()
  const write = (text: string) => {
    if (shown) process.stderr.write(text)
  }
  return {
    // a wrapped line could not be overwritten; 0 columns mean that the terminal does not know its width
    show: (line) => write(`\r\u001b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`),
    stop: () => write('\r\u001b[K'),
  }
}

/** Shows a status line while work blocks the thread, so that it cannot say how far it is. */
export function withStatus<Result>(line: string, quiet: boolean | undefined, work: () => Result): Result {
  const status = startStatus(quiet)
  status.show(line)
  try {
    return work()
  } finally {
    status.stop()
  }
}
