import { status } from '@grpc/grpc-js'
import { policyOf } from '../../../src/dispatch/policies.ts'
import type { LiveRun } from '../../../src/model/results/live-run.ts'
import type { SendBatch } from '../../../src/serve/driver/batch-sender.ts'
import { type LiveRunInput, runLive } from '../../../src/serve/driver/live-run.ts'
import type { Checker } from '../../../src/serve/driver/lost-servers.ts'
import { problem } from '../../../src/serve/grpc/client/client-call.ts'
import { CallFailure } from '../../../src/serve/grpc/client/remote-method.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { checkerOf } from './checkers.ts'

export const lost = new CallFailure(problem(status.UNAVAILABLE, 'gone', 'connection'))

interface FakedRun {
  readonly run: () => Promise<LiveRun>
  readonly sent: { server: number; waitedMs: number }[]
  readonly cancelled: number[]
}

type Answer = CallFailure | null | undefined

/**
 * A run of queries of one item, without servers.
 *
 * @param answerOf what the server answers to its n-th request, and how many were sent before; undefined: it never
 *   answers
 */
export function faked(
  arrivalMs: readonly number[],
  answerOf: (server: number, nth: number, sent: number) => Answer,
  more: Partial<LiveRunInput> = {},
  openChecker: (server: number) => Checker = checkerOf(false),
): FakedRun {
  const sent: FakedRun['sent'] = []
  const cancelled: number[] = []
  const senderOf = (server: number): SendBatch => {
    let nth = 0
    return (_items, waitedMs, _limitMs, ended) => {
      const answer = answerOf(server, nth++, sent.length)
      sent.push({ server, waitedMs })
      if (answer !== undefined) setImmediate(ended, answer ?? Number.NaN)
      return {
        cancel: () => void cancelled.push(server),
      }
    }
  }
  const workload = { ...smallWorkload(), qosMs: 60_000, percentile: 75 }
  const counts = more.counts ?? [1, 0]
  const input = {
    ...{
      workload,
      types: workload.latency.types,
      counts,
      addresses: ['a:1', 'b:1'].slice(0, counts[0] + counts[1]),
    },
    trace: {
      arrivalMs: Float64Array.from(arrivalMs),
      batchSize: new Float64Array(arrivalMs.length).fill(1),
    },
    ...{ policy: policyOf('fcfs'), timeoutMs: 1_000, areJoined: false, endsEarly: false },
    ...more,
  }
  const run = () => runLive(input, [senderOf(0), senderOf(1)], openChecker)
  return { run, sent, cancelled }
}
