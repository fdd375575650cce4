import type { LiveRun, LiveRunSummary } from '../../model/results/live-run.ts'
import { formatCount, formatCounted, formatQueries } from '../../report/numbers.ts'
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
      `${policy}: ${address} refused ${formatCounted(refused.length, 'joined request')}, the largest of ${items} items: ${reason}; ` +
        'each was sent in parts: use --send-batches parallel, or a smaller --max-batch',
    )
  }
}
