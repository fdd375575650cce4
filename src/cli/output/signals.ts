/** What Ctrl-C, SIGTERM and a terminal that is closed do to a command. */
import { once } from 'node:events'
import { isatty } from 'node:tty'
import { KairosError } from '../../model/errors.ts'
import { INTERRUPTED, type Interruption } from './exit-status.ts'

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

/** An AbortSignal that Ctrl-C, SIGTERM and SIGHUP abort: work ends at its next step, without half-written files. */
export function interruptSignal(names: readonly Interruption[] = INTERRUPTIONS): AbortSignal {
  const controller = new AbortController()
  for (const name of names) process.once(name, () => controller.abort(interrupted(name)))
  return controller.signal
}

/** Keeps SIGINT and SIGTERM from ending the process, however many of them come. */
export function ignoreFurtherSignals(): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => undefined)
}

/**
 * The signals of a server: SIGINT and SIGTERM abort `signal`, and SIGHUP does what `onHangup` has set. If it has come
 * before, that is done at once.
 */
export function serverSignals() {
  let reload: (() => void) | undefined
  let hasHungUp = false
  process.on('SIGHUP', () => {
    hasHungUp = true
    reload?.()
  })
  // without a handler, Node opens a debugger port
  process.on('SIGUSR1', () => undefined)
  return {
    signal: interruptSignal(['SIGINT', 'SIGTERM']),
    onHangup(work: () => void): void {
      reload = work
      if (hasHungUp) work()
    },
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

/** Resolves when a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<unknown> {
  return signal.aborted ? Promise.resolve() : once(signal, 'abort')
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

/** Runs work that these signals abort. After the work they end the process at once, as without a handler. */
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
