/** Output to the terminal: results on stdout, everything else on stderr. */
import { once } from 'node:events'
import { isatty } from 'node:tty'
import { stripVTControlCharacters } from 'node:util'
import type { SingleBar } from 'cli-progress'
import { KairosError, printable } from '../../model/errors.ts'
import type { OnProgress } from '../../model/progress.ts'
import { formatCount } from '../../report/numbers.ts'
import { DONE, INTERRUPTED, type Interruption } from './exit-status.ts'

/** Whether results may be coloured: on a terminal, unless a flag or the environment forbids it. */
export function wantsColor(flag: boolean): boolean {
  return flag && process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
}

/** The characters of a line of stdout; unlimited if it is not a terminal. */
export function lineRoom(): number {
  // 0 means that the terminal does not know its width
  return process.stdout.columns || Infinity
}

type Chunks = AsyncIterable<string> | readonly string[]

/** Writes chunks to stdout with backpressure, and passes them on without colours. */
export async function* showing(chunks: Chunks): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    await write(chunk)
    yield chunk.includes('\u001b') ? stripVTControlCharacters(chunk) : chunk
  }
}

export async function show(chunks: Chunks): Promise<void> {
  for await (const chunk of chunks) await write(chunk)
}

let isRead = true
let savesFiles = false

/** Lets the command go on without a reader: it saves files as well. */
export function keepSaving(): void {
  savesFiles = true
}

/** The reader of a pipe has closed it, or the terminal is closed. The command ends, unless it saves files: then only its output is dropped. */
export function loseReader(): void {
  if (!savesFiles) process.exit(DONE)
  isRead = false
}

async function write(chunk: string): Promise<void> {
  if (!isRead || process.stdout.write(chunk)) return
  // rejects where the reader leaves meanwhile
  await once(process.stdout, 'drain').catch((error) => {
    if (isRead) throw error
  })
}

/** Lines on stderr, unless `--quiet`. */
export function tell(quiet: boolean | undefined, lines: string): void {
  if (quiet || !process.stderr.writable) return
  process.stderr.write(`${lines.split('\n').map(printable).join('\n')}\n`)
}

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

/** Ctrl-C is SIGINT; a terminal that is closed sends SIGHUP. */
const INTERRUPTIONS = Object.keys(INTERRUPTED) as Interruption[]

let lastInterruption: Interruption = 'SIGINT'

const hasTerminal = [0, 1, 2].some((fd) => isatty(fd))

/**
 * The terminal is closed. The process ends by SIGHUP when its work is done: Node would restore the settings of the
 * terminal at its exit, and abort.
 */
export function loseTerminal(): void {
  process.once('exit', () => {
    process.removeAllListeners('SIGHUP')
    process.kill(process.pid, 'SIGHUP')
  })
}

/** The exit status of a command that a signal has interrupted. */
export function interruptedStatus(): number {
  return INTERRUPTED[lastInterruption]
}

/** Why work ends at a signal. */
function interrupted(name: Interruption): KairosError {
  lastInterruption = name
  if (name === 'SIGHUP' && hasTerminal) loseTerminal()
  return new KairosError('ABORTED', 'interrupted before it was done')
}

/** An AbortSignal that signals abort: work ends at its next step, without half-written files. */
export function interruptSignal(names: readonly Interruption[] = INTERRUPTIONS): AbortSignal {
  const controller = new AbortController()
  for (const name of names) process.once(name, () => controller.abort(interrupted(name)))
  return controller.signal
}

/** The same for work that SIGHUP does not end. */
export function interruptSignalOfServer(): AbortSignal {
  return interruptSignal(['SIGINT', 'SIGTERM'])
}

/** Keeps SIGINT and SIGTERM from ending the process, however many of them come. */
export function ignoreFurtherSignals(): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined)
}

/**
 * Keeps SIGHUP from ending the process.
 *
 * @returns sets what it does; if one has come before, that is done at once
 */
export function hangupSignal(): (reload: () => void) => void {
  let reload: (() => void) | undefined
  let hasCome = false
  process.on('SIGHUP', () => {
    hasCome = true
    reload?.()
  })
  return (work) => {
    reload = work
    if (hasCome) work()
  }
}

/** For work that can end early with what it has found: the first signal stops it, and the second one aborts it. */
export function stopSignals(): { readonly stop: AbortSignal; readonly signal: AbortSignal } {
  const stop = new AbortController()
  const abort = new AbortController()
  for (const name of INTERRUPTIONS) {
    process.on(name, () => (stop.signal.aborted ? abort : stop).abort(interrupted(name)))
  }
  return { stop: stop.signal, signal: abort.signal }
}

/** Starts long-lived work. Until it has started, the signal ends the process: a start may hang. */
export async function startedUnless<T>(signal: AbortSignal, start: () => Promise<T>): Promise<T> {
  const end = () => process.exit(interruptedStatus())
  if (signal.aborted) end()
  signal.addEventListener('abort', end)
  try {
    return await start()
  } finally {
    signal.removeEventListener('abort', end)
  }
}

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

/** Runs work that signals abort. Afterwards they end the process again. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const abort = (name: NodeJS.Signals) => controller.abort(interrupted(name as Interruption))
  for (const name of INTERRUPTIONS) process.on(name, abort)
  try {
    return await work(controller.signal)
  } finally {
    for (const name of INTERRUPTIONS) process.off(name, abort)
  }
}
