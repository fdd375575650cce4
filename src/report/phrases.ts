// Phrases that several reports share.

import type { BoundName } from '../model/bounds.ts'
import { counted } from '../model/counted.ts'
import type { Counts, Space } from '../model/fleet/space.ts'
import type { BinRange } from '../model/results/explanation.ts'
import type { RankingHead } from '../model/results/ranking.ts'
import type { ReplayComparison, ReplayFigures } from '../model/results/replay.ts'
import type { ConfigurationSummary } from '../model/results/subject.ts'
import type { Batching } from '../model/workload/batching.ts'
import type { Service } from '../model/workload/service.ts'
import type { WorkloadSummary } from '../model/workload/workload.ts'
import { formatCount, formatFigure, formatGiven, formatPrice, percent } from './numbers.ts'

/** 99% of queries within 350 ms, in batches of up to 1,000 */
export function targetText({ qosMs, percentile, batching }: Omit<WorkloadSummary, 'model'>): string {
  const limit = batching ? batchLimitText(batching) : ''
  return `${percentile}% of queries within ${formatGiven(qosMs)} ms${limit && `, in batches of ${limit}`}`
}

/** up to 1,000; up to 500 on gpu and 100 on cpu; empty where no type serves batches */
export function batchLimitText({ maxBatch }: Batching): string {
  if (typeof maxBatch === 'number') return `up to ${formatGiven(maxBatch)}`
  const sizes = Object.entries(maxBatch).map(([type, size]) => `${formatGiven(size)} on ${type}`)
  return sizes.length > 0 ? `up to ${sizes.join(' and ')}` : ''
}

/** fluid bound, closed form: the closed form is an estimate and bounds nothing */
export function boundText(bound: BoundName): string {
  return bound === 'closed-form' ? 'closed form' : `${bound} bound`
}

/** rm2: 99% of queries within 350 ms, $2.5 an hour (4 slots of g4dn.xlarge) */
export function questionText(workload: WorkloadSummary, { types, budgetPerHour }: Space): string {
  const slots = slotsText({
    types: types.map(({ name }) => name),
    counts: types.map(({ max }) => max),
    slots: types.map((type) => type.slots ?? 1),
  })
  return `${workload.model}: ${targetText(workload)}, $${formatPrice(budgetPerHour)} an hour${slots}`
}

/** g4dn.xlarge=2,r5n.large=9, as --counts takes it; types without an instance are left out */
export function configurationText(types: readonly string[], counts: Counts): string {
  return types.flatMap((name, t) => (counts[t] > 0 ? [`${name}=${counts[t]}`] : [])).join()
}

/** " after the loss of any instance", " after the loss of any 2 instances"; empty where none is spare. */
export function lossText(spare = 0): string {
  if (spare === 0) return ''
  return ` after the loss of any ${spare === 1 ? 'instance' : `${spare} instances`}`
}

type Fleet = Pick<ConfigurationSummary, 'types' | 'counts' | 'slots'>

/** The instances of a fleet, and its slots: g4dn.xlarge=2,r5n.large=9 (4 slots of g4dn.xlarge) */
export function fleetText(fleet: Fleet): string {
  return configurationText(fleet.types, fleet.counts) + slotsText(fleet)
}

/** The types in use that serve several requests at the same time: " (4 slots of gpu)"; empty if there are none. */
export function slotsText({ types, counts, slots }: Fleet): string {
  const wide = types.flatMap((name, t) => {
    return slots && slots[t] > 1 && counts[t] > 0 ? [`${slots[t]} slots of ${name}`] : []
  })
  return wide.length > 0 ? ` (${wide.join(', ')})` : ''
}

export function serviceText(service: Service): string {
  return service === 'mean' ? 'mean service times' : 'sampled service times'
}

/** mean service times, or service times drawn with seed 1 */
export function drawnText({ service, seed }: Pick<ReplayComparison, 'service' | 'seed'>): string {
  return service === 'mean' ? serviceText(service) : `service times drawn with seed ${seed}`
}

/** " at 95 a second"; empty where all arrivals are equal */
export function rateText(rate: number | null): string {
  return rate === null ? '' : ` at ${formatFigure(rate)} a second`
}

/** "Shows the first 100 of 9,004 rows; ..."; undefined where all are shown */
export function cutNote(shown: number, all: number): string | undefined {
  if (shown === all) return undefined
  return `Shows the first ${formatCount(shown)} of ${formatCount(all)} rows; the command line lists all of them.`
}

/** 200–599, or 200–599 (40.0%) where other types serve the rest of these batch sizes */
export function rangeText({ from, to, share }: BinRange): string {
  const sizes = from === to ? String(from) : `${from}–${to}`
  return share > 1 - 1e-9 ? sizes : `${sizes} (${percent(share, 1)})`
}

/** stable, inside QoS */
export function verdictText({ verdict, withinQos }: Pick<ReplayFigures, 'verdict' | 'withinQos'>): string {
  return `${verdict}, ${withinQos ? 'inside QoS' : 'misses QoS'}`
}

type SpaceCounts = Pick<RankingHead, 'considered' | 'withinBudget' | 'feasible'>

/** 12,096 configurations, 9,004 within the budget, 7,321 feasible */
export function countsText({ considered, withinBudget, feasible }: SpaceCounts): string {
  const many = considered > 1e15 ? `${considered.toExponential(1)} configurations` : undefined
  const parts = [many ?? counted(considered, 'configuration')]
  if (withinBudget !== undefined) parts.push(`${formatCount(withinBudget)} within the budget`)
  if (feasible !== undefined) parts.push(`${formatCount(feasible)} feasible`)
  return parts.join(', ')
}

/** Why the bound of a configuration is 0. */
export const INFEASIBLE =
  'Infeasible: even when every batch size goes to the type least likely to be late, too many are.'
