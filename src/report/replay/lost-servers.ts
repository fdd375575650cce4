import type { LiveRunSummary } from '../../model/results/live-run.ts'
import { formatDuration } from '../numbers.ts'

/** What a run says of a server that it has lost, whatever number of times. */
interface LostServerText {
  readonly address: string
  readonly losses: number
  /** When it was lost first, and why. */
  readonly first: string
  readonly reason: string
  /** "taken back after 3 s", "not taken back: the model "m" is not ready" */
  readonly outcome: string
}

/** The servers that a run has lost, in the order of their first losses. */
export function lostServerTexts({ lostServers }: Pick<LiveRunSummary, 'lostServers'>): LostServerText[] {
  return [...new Set(lostServers.map(({ address }) => address))].map((address) => {
    const losses = lostServers.filter((loss) => loss.address === address)
    const [{ atMs, reason }] = losses
    return {
      address,
      losses: losses.length,
      first: formatDuration(atMs),
      reason,
      outcome: outcomeText(losses[losses.length - 1]),
    }
  })
}

function outcomeText({ backMs, problem }: LiveRunSummary['lostServers'][number]): string {
  if (backMs !== undefined) return `taken back after ${formatDuration(backMs)}`
  return problem === undefined ? 'not taken back' : `not taken back: ${problem}`
}
