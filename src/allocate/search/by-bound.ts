import type { Space } from '../../model/fleet/space.ts'
import type { Candidate } from '../../model/results/search.ts'
import type { Workload } from '../../model/workload/workload.ts'
import type { MeasurementPlan } from '../../replay/allowable-throughput.ts'
import { cheapestConfigurations } from '../cheapest/cheapest.ts'
import { questionOf, rankingOf } from '../rank.ts'
import type { SelectSetting } from '../select/setting.ts'

/** Time for the ranking, ms, on top of the time limit of the search. */
const TIME_MS = 2000

interface Asked {
  readonly workload: Workload
  readonly space: Space
  readonly topN: number
  readonly plan: Pick<MeasurementPlan, 'load'>
  readonly targetQps?: number | undefined
  readonly spare?: number | undefined
  /** Configurations that are left out. */
  readonly without?: readonly Candidate[]
  readonly setting: Pick<SelectSetting, 'kernel' | 'threads'>
  /** The signal of the caller. That of the setting is aborted when the time of the search is up. */
  readonly signal: AbortSignal | undefined
}

/** The first rows by the fluid bound, or the cheapest whose bound reaches a target: no time is left to measure. */
export async function firstByBound(asked: Asked): Promise<Candidate[]> {
  const { workload, space, topN, targetQps, spare, without = [], signal } = asked
  const { kernel, threads } = asked.setting
  const { service } = asked.plan.load
  const most = topN + without.length
  const request = { workload, space, kernel, threads, topN: most, timeLimitMs: TIME_MS, signal }
  const known = new Set(without.map(({ counts }) => String(counts)))
  const { rows } =
    targetQps === undefined
      ? await rankingOf(questionOf(request, service))
      : await cheapestConfigurations({ ...request, service, spare, targetQps })
  return rows
    .filter(({ counts }) => !known.has(String(counts)))
    .slice(0, topN)
    .map(({ counts, costPerHour, bound }) => ({ counts, costPerHour, bound }))
}
