/** What a command does with the terminal: results to stdout, everything else to stderr. */
import { once } from 'node:events'
import cliProgress from 'cli-progress'
import { formatCount } from '../report/numbers.ts'

/** Whether results may be coloured: on a terminal, unless told otherwise. */
export function wantsColor(flag: boolean): boolean {
  return flag && process.stdout.isTTY === true && !process.env.NO_COLOR
}

/** Writes chunks to stdout at the pace of whoever reads it, and passes them on. */
export async function* showing(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain')
    yield chunk
  }
}

export async function show(chunks: AsyncIterable<string>): Promise<void> {
  for await (const _ of showing(chunks));
}

/** A line on stderr, unless `--quiet`. */
export function tell(quiet: boolean | undefined, line: string): void {
  if (!quiet) process.stderr.write(`${line}\n`)
}

export interface Progress {
  update(done: number, total: number): void
  stop(): void
}

/** A progress bar with rate and remaining time on stderr: only on a terminal, and only for long work. */
export function startProgress(label: string, unit: string, quiet: boolean | undefined): Progress {
  const started = performance.now()
  let bar: cliProgress.SingleBar | undefined
  return {
    update(done, total) {
      const elapsed = (performance.now() - started) / 1000
      if (quiet || !process.stderr.isTTY || elapsed < 0.3) return
      bar ??= newBar(label, unit, total)
      bar.setTotal(total)
      bar.update(done, { speed: `${formatCount(done / elapsed)} ${unit}/s` })
    },
    stop: () => bar?.stop(),
  }
}

function newBar(label: string, unit: string, total: number): cliProgress.SingleBar {
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {percentage}% of {whole} ${unit}, {speed}, {eta_formatted} left`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    etaBuffer: 50,
    clearOnComplete: true,
    stopOnComplete: false,
    hideCursor: true,
    stream: process.stderr,
  })
  bar.start(total, 0, { whole: formatCount(total), speed: '' })
  return bar
}

/** A signal that Ctrl-C (and SIGTERM) aborts: work ends at the next step, with nothing half-written. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller.signal
}
