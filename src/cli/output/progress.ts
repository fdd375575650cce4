/** Progress on stderr: only where it is a terminal, and only of long work. */
import type { SingleBar } from 'cli-progress'
import type { OnProgress } from '../../model/progress.ts'
import { formatCount } from '../../report/numbers.ts'

export interface ProgressBar {
  readonly update: OnProgress
  stop(): void
}

/** Whether stderr is a terminal on which a line can be overwritten. */
function canOverwrite(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== 'dumb'
}

/** A progress bar with rate and remaining time on stderr: only on a terminal, and only for long work. */
export function startProgress(label: string, unit: string, quiet: boolean | undefined): ProgressBar {
  const started = performance.now()
  const shown = !quiet && canOverwrite()
  let bar: SingleBar | undefined
  let state: 'quick' | 'loading' | 'shown' | 'stopped' = 'quick'
  return {
    update({ done, total }) {
      const elapsed = (performance.now() - started) / 1000
      if (!shown || elapsed < 0.3) return
      if (state === 'quick') {
        state = 'loading'
        // imported here: most work ends before a bar would show
        import('cli-progress').then(({ default: { SingleBar } }) => {
          if (state === 'stopped') return
          state = 'shown'
          bar = new SingleBar(barOptions(label, unit))
          bar.start(total, done, { whole: formatCount(total), speed: '' })
        })
      }
      bar?.setTotal(total)
      bar?.update(done, { speed: `${formatCount(done / elapsed)} ${unit}/s` })
    },
    stop() {
      state = 'stopped'
      bar?.stop()
    },
  }
}

const barOptions = (label: string, unit: string) => ({
  format: `${label} {bar} {percentage}% of {whole} ${unit}, {speed}, {eta_formatted} left`,
  barCompleteChar: '█',
  barIncompleteChar: '░',
  barsize: 24,
  etaBuffer: 50,
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
    // a wrapped line could not be overwritten
    show: (line) => write(`\r\u001b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`),
    stop: () => write('\r\u001b[K'),
  }
}
