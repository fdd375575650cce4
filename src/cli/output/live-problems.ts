import { counted } from '../../model/counted.ts'
import type { LiveRun, LiveRunSummary } from '../../model/results/live-run.ts'
import { binOf, type Workload } from '../../model/workload/workload.ts'
import { formatCount, formatQueries } from '../../report/numbers.ts'
import { lostServerTexts } from '../../report/replay/lost-servers.ts'
import { FAILED } from './exit-status.ts'
import { tell } from './terminal.ts'

/** Prints failures by reason, and makes the command fail. */
export function tellFailures({ failures, policy }: LiveRun, addressOf: (slot: number) => string): void {
  if (failures.length === 0) return
  process.exitCode = FAILED
  const byReason = new Map<string, number>()
  for (const { instance, reason } of failures) {
    const line = `${addressOf(instance)}: ${reason}`
    byReason.set(line, (byReason.get(line) ?? 0) + 1)
  }
  const were = failures.length === 1 ? 'was' : 'were'
  tell(false, `${policy}: ${formatQueries(failures.length)} ${were} not answered`)
  for (const [line, count] of [...byReason].slice(0, 10)) tell(false, `  ${formatCount(count)} x ${line}`)
}

/** Notes the servers that the run did without for a time: its figures are those of a smaller fleet then. */
export function tellLostServers(summary: Pick<LiveRunSummary, 'policy' | 'lostServers'>): void {
  for (const { address, losses, first, reason, outcome } of lostServerTexts(summary)) {
    const lost = losses === 1 ? 'lost' : `lost ${formatCount(losses)} times, first`
    tell(false, `${summary.policy}: ${address} was ${lost} after ${first}: ${reason}; it was ${outcome}`)
  }
}

/** Notes for each server how many joined requests it has refused, the largest one, and what to do. */
export function tellRefusedBatches(
  { refusedBatches, policy }: LiveRun,
  addressOf: (slot: number) => string,
): void {
  for (const address of new Set(refusedBatches.map(({ instance }) => addressOf(instance)))) {
    const refused = refusedBatches.filter(({ instance }) => addressOf(instance) === address)
    const { items, reason } = refused.reduce((most, one) => (one.items > most.items ? one : most))
    tell(
      false,
      `${policy}: ${address} refused ${counted(refused.length, 'joined request')}, the largest of ${items} items: ${reason}; ` +
        'each was sent in parts: use --send-batches parallel, or a smaller --max-batch',
    )
  }
}

/** The time of a type is told from this multiple of what its table says on, and from its inverse down. */
const WRONG_TABLE = 1.5
/** The least difference that is told, as a share of the target: the way to a server is no part of its table. */
const LEAST_SHARE = 0.02
/** Fewer queries of a run than these say little of a type. */
const LEAST_QUERIES = 20

/** Notes the types whose servers are much slower or faster than the latency table that the dispatcher relies on. */
export function tellWrongTables(run: LiveRun, { latency, qosMs }: Workload): void {
  // a batch takes the time of its total
  if (run.formsBatches) return
  const { types, instance, instanceType, batchSize, startMs, finishMs, exeMs, policy } = run
  types.forEach((type, t) => {
    const row = latency.types.indexOf(type) * latency.batchSizes.length
    let [queries, tookMs, tableMs] = [0, 0, 0]
    for (const [query, slot] of instance.entries()) {
      if (instanceType[slot] !== t) continue
      queries++
      tookMs += Number.isNaN(exeMs[query]) ? finishMs[query] - startMs[query] : exeMs[query]
      tableMs += latency.meanMs[row + binOf(latency.batchSizes, Math.ceil(batchSize[query]))]
    }
    const ratio = tookMs / tableMs
    const isClose = ratio < WRONG_TABLE && ratio > 1 / WRONG_TABLE
    if (queries < LEAST_QUERIES || isClose || Math.abs(tookMs - tableMs) < LEAST_SHARE * qosMs * queries)
      return
    tell(
      false,
      `${policy}: ${type} took ${Number(ratio.toPrecision(2))} times as long as its latency table says: measure it again, or look at its servers`,
    )
  })
}
