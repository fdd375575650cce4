import type { Space } from '../../model/fleet/space.ts'
import type { Candidate } from '../../model/results/search.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { cheapestConfigurations } from '../cheapest/cheapest.ts'
import { rankConfigurations } from '../rank.ts'
import type { SelectSetting } from '../select/setting.ts'

/** Time for the ranking, ms, on top of the time limit of the search. */
const TIME_MS = 2000

interface Asked {
  readonly workload: Workload
  readonly space: Space
  readonly topN: number
  readonly targetQps?: number | undefined
  readonly spare?: number | undefined
  /** Configurations that are left out. */
  readonly without?: readonly Candidate[]
  readonly setting: Pick<SelectSetting, 'kernel' | 'threads'>
}

/** The first rows by the fluid bound, or with a target the cheapest whose bound reaches it, where no time is left to measure. */
export async function firstByBound({
  targetQps,
  spare,
  setting,
  without = [],
  ...asked
}: Asked): Promise<Candidate[]> {
  const { kernel, threads } = setting
  const { workload, space, topN } = asked
  const request = { workload, space, kernel, threads, topN: topN + without.length, timeLimitMs: TIME_MS }
  const known = new Set(without.map(({ counts }) => String(counts)))
  const { rows } =
    targetQps === undefined
      ? await rankConfigurations(request)
      : await cheapestConfigurations({ ...request, spare, targetQps })
  return rows
    .filter(({ counts }) => !known.has(String(counts)))
    .slice(0, topN)
    .map(({ counts, costPerHour, bound }) => ({ counts, costPerHour, bound }))
}
