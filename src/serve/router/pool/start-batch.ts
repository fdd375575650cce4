/** The start of a batch: an attempt for each of its requests, on one slot. */
import { batchBin } from '../../../model/workload/batching.ts'
import { quantileMs } from '../../../model/workload/latency-table.ts'
import { sendBatch } from '../backends/send-batch.ts'
import type { Attempt, Batch, Request, Slot } from '../fleet/attempt.ts'
import { noteRepeated } from '../fleet/batch.ts'
import { hungAfterMs } from '../fleet/health.ts'
import type { Reply } from '../job.ts'
import type { PoolParts } from './request.ts'

/**
 * @param maxBytes of a joined request
 * @param replied called with the reply to each attempt, later, unless it is cancelled
 * @returns a function that starts requests on a slot that is busy for the dispatcher. Unless these are all requests
 *   that the dispatcher has started there (`isWhole`), it learns nothing from their time
 */
export function createBatchStart(
  { workload, clock, events, fleet, requests }: PoolParts,
  maxBytes: number,
  replied: (attempt: Attempt, reply: Reply) => void,
) {
  const { latency, batching } = workload
  const { slots } = fleet
  const { batchSizes, meanMs } = latency
  const longest = Float64Array.from(meanMs, (_, row) => quantileMs(latency, row, 1))

  return (started: readonly Request[], slot: Slot, startMs: number, isWhole: boolean): void => {
    const { member } = slot
    const rowOf = (bin: number) => member.type * batchSizes.length + bin
    const bins = started.map(({ bin }) => bin)
    const row = rowOf(batchBin(batchSizes, bins))
    // a server may serve the requests of a batch one after another
    const aloneMs = bins.reduce((sum, bin) => sum + longest[rowOf(bin)], 0)
    const longestMs = Math.max(longest[row], aloneMs)
    const open: Attempt[] = []
    const stalledMs = clock.stalledMs()
    const batch: Batch = {
      member,
      slot,
      startMs,
      stalledMs,
      tableMs: meanMs[row],
      longestMs,
      open,
      isWhole,
      isRepeated: false,
    }
    const attempts = started.map((request): Attempt => ({ request, batch }))
    for (const attempt of attempts) {
      requests.start(attempt.request, attempt)
      open.push(attempt)
    }
    slots.begin(batch)
    if (batching) {
      const items = started.reduce((sum, { job }) => sum + job.batch, 0)
      events.batched(started.length, items)
    }
    const hungMs = hungAfterMs(longestMs, slot.slowdown)
    const sent = attempts.map((attempt) => {
      const { job, failedOn } = attempt.request
      return {
        payload: job,
        waitedMs: startMs - job.arrivalMs,
        timeoutMs: () => Math.max(1, Math.min(hungMs, job.deadlineMs - clock.now())),
        mayJoin: failedOn.size === 0,
        replied: (reply: Reply) => replied(attempt, reply),
      }
    })
    const calls = sendBatch(member.backend, sent, {
      joinLimits: member.joinLimits,
      maxBytes,
      joined: (count) => events.requestsJoined(count),
      repeated() {
        noteRepeated(batch)
        events.sentInParts()
      },
    })
    attempts.forEach((attempt, i) => {
      attempt.call = calls[i]
    })
  }
}
