import { setImmediate } from 'node:timers/promises'
import type { ReplayInput, ReplayOutcome } from '../kernel/dispatch-contract.ts'
import { type KernelName, kernelDigest, loadKernel } from '../kernel/load.ts'
import { digestOf } from '../model/digest.ts'
import { KairosError } from '../model/errors.ts'
import { openPool } from '../workers/pool.ts'
import type { Repetition } from './repetition.ts'

/** What was found by earlier work: whether a repetition held at a rate. */
export interface TrialLog {
  /** @param key a hash of all that the outcome depends on but the rate, the kernels included */
  find(key: string, rate: number): boolean | undefined
  add(key: string, rate: number, holds: boolean): void
}

/** One replay after the other, or several at a time: each says whether a rate holds. */
export interface Trials {
  /** How many replays may run at a time. */
  readonly threads: number
  /** Whether the percentile of latency stays inside QoS, with none left waiting. @throws KairosError ABORTED */
  holds(repetition: Repetition, rate: number): Promise<boolean>
  close(): Promise<void>
}

export interface TrialSetting {
  readonly threads: number
  readonly kernel?: KernelName | undefined
  readonly signal?: AbortSignal | undefined
  readonly log?: TrialLog | undefined
}

/** Starts threads where there is to be more than one. What holds is the same for any number of them. */
export async function openTrials({ threads, kernel = 'wasm', signal, log }: TrialSetting): Promise<Trials> {
  const pool = threads > 1 ? await openPool(threads, kernel) : undefined
  const here = loadKernel(kernel)
  const run = (input: ReplayInput): ReplayOutcome | Promise<ReplayOutcome> =>
    pool ? pool.run('replay', input) : here.replay(input)
  const holds = async (repetition: Repetition, rate: number) => {
    // lets timers and signals in, between replays that block
    await setImmediate()
    if (signal?.aborted) throw new KairosError('ABORTED', 'the search was ended')
    const input = repetition.inputAt(rate)
    const outcome = await run(input)
    return !outcome.stopped && keepsUp(input, outcome)
  }
  return {
    threads,
    holds: log ? remembering(log, holds) : holds,
    close: async () => pool?.close(),
  }
}

/** What has arrived last is served within so many times QoS, or this share of the whole time. */
const DRAIN_QOS = 10
const DRAIN_SHARE = 0.01

/**
 * Whether nothing is left waiting for good. Where more than a few queries may be late, a policy that lets
 * late ones yield could starve the largest of them, and be in time with the others at any rate.
 */
function keepsUp({ arrivalMs, qosMs }: ReplayInput, { served, lastFinishMs }: ReplayOutcome): boolean {
  const last = arrivalMs[arrivalMs.length - 1]
  const drainMs = Math.max(DRAIN_QOS * qosMs, DRAIN_SHARE * (last - arrivalMs[0]))
  return served === arrivalMs.length && lastFinishMs - last <= drainMs
}

function remembering(log: TrialLog, holds: Trials['holds']): Trials['holds'] {
  return async (repetition, rate) => {
    // the kernels are part of the content: what other code has found does not count
    const key = digestOf({ kernel: kernelDigest(), repetition: repetition.key() })
    const found = log.find(key, rate)
    if (found !== undefined) return found
    const held = await holds(repetition, rate)
    log.add(key, rate, held)
    return held
  }
}
