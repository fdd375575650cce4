import type { KernelName } from '../kernel/contract.ts'
import type { ReplayInput, ReplayOutcome } from '../kernel/dispatch-contract.ts'
import { engineDigest, loadKernel } from '../kernel/load.ts'
import { nextTurn } from '../kernel/next-turn.ts'
import { openPool } from '../kernel/pool.ts'
import { digestOf } from '../model/digest.ts'
import { refuseUsage } from '../model/errors.ts'
import { backlogLimit, drainLimitMs } from './drain.ts'
import { isGrowing } from './queue.ts'
import type { Repetition } from './repetition.ts'

/** Outcomes of earlier replays: whether a repetition held at a rate. */
export interface TrialLog {
  /**
   * Whether the repetition held at the rate; undefined if it has not been replayed.
   *
   * @param key a hash of all that the outcome depends on but the rate, the code of the engine included
   */
  find(key: string, rate: number): boolean | undefined
  /** Stores an outcome. */
  add(key: string, rate: number, holds: boolean): void
}

/** Runs replays, one after the other or several at a time. */
export interface Trials {
  /** How many replays may run at a time. */
  readonly threads: number
  /**
   * Whether a rate is allowable (docs/architecture.md, "Allowable throughput"): few enough queries miss QoS, little
   * volume is parked, the queue does not grow, and every query starts soon after the last arrival.
   *
   * @throws the reason of an aborted signal
   */
  holds(repetition: Repetition, rate: number): Promise<boolean>
  /** What becomes of each query. @throws the reason of an aborted signal */
  replay(input: ReplayInput): Promise<ReplayOutcome>
  close(): Promise<void>
}

export interface TrialSetting {
  readonly threads: number
  readonly kernel?: KernelName | undefined
  readonly signal?: AbortSignal | undefined
  readonly log?: TrialLog | undefined
}

/**
 * Starts threads for more than one replay at a time, or if a signal must be able to end a running replay. The outcomes
 * are the same for any number of threads.
 */
export async function openTrials({ threads, kernel = 'wasm', signal, log }: TrialSetting): Promise<Trials> {
  if (log !== undefined && !(typeof log?.find === 'function' && typeof log.add === 'function')) {
    refuseUsage('log', 'is no log', 'openTrialLog opens the one of a file')
  }
  // throws for an unknown kernel before threads are started
  const here = loadKernel(kernel)
  const pool = threads > 1 || signal ? await openPool(threads, kernel) : undefined
  const end = () => void pool?.close()
  signal?.addEventListener('abort', end)
  const run = async (input: ReplayInput): Promise<ReplayOutcome> => {
    if (!pool) return here.replay(input)
    return pool.run('replay', input).catch((error) => {
      throw signal?.aborted ? signal.reason : error
    })
  }
  const replayed = async (repetition: Repetition, rate: number) => {
    const input = repetition.inputAt(rate)
    const outcome = await run(input)
    return !outcome.stopped && keepsUp(input, outcome) && !isOverloaded(input, outcome)
  }
  const holds = log ? remembering(log, replayed) : replayed
  return {
    threads,
    holds: async (repetition, rate) => {
      await nextTurn(signal)
      return holds(repetition, rate)
    },
    replay: async (input) => {
      await nextTurn(signal)
      return run(input)
    },
    close: async () => {
      signal?.removeEventListener('abort', end)
      await pool?.close()
    },
  }
}

function keepsUp(input: ReplayInput, { served, lastStartMs, backlog }: ReplayOutcome): boolean {
  const { arrivalMs, qosMs, bin, sizes } = input
  const last = arrivalMs[arrivalMs.length - 1]
  if (sizes && backlog !== undefined) {
    const size = bin.reduce((sum, k) => sum + sizes[k], 0)
    if (backlog > backlogLimit(size, last - arrivalMs[0], qosMs)) return false
  }
  return served === arrivalMs.length && lastStartMs - last <= drainLimitMs(last - arrivalMs[0], qosMs)
}

function isOverloaded({ arrivalMs, instanceType }: ReplayInput, { waitedMs }: ReplayOutcome): boolean {
  const quarterMs = (arrivalMs[arrivalMs.length - 1] - arrivalMs[0]) / 4
  const lengths = waitedMs.map((ms) => (quarterMs > 0 ? ms / quarterMs : 0))
  return isGrowing(lengths, arrivalMs.length, instanceType.length)
}

function remembering(log: TrialLog, holds: Trials['holds']): Trials['holds'] {
  return async (repetition, rate) => {
    // outcomes of another version of the engine are not reused
    const key = digestOf({ engine: engineDigest(), repetition: repetition.key() })
    const found = log.find(key, rate)
    if (found !== undefined) return found
    const held = await holds(repetition, rate)
    log.add(key, rate, held)
    return held
  }
}
