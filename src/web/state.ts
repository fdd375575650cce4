/** What the page asks, and how it is written as a command. */
import type { Counts, Space, Workload } from '../core.ts'
import { costLimit, costOf, typeNames } from '../model/fleet/space.ts'
import { type PageInput, plainWorkload, type Question, workloadOf } from '../report/page/question.ts'
import { configurationText } from '../report/phrases.ts'

export interface State extends Question {
  /** The name of the shipped workload whose table and mix are used. */
  readonly shipped?: string | undefined
  /** The space that came with the page, to tell whether it was changed. */
  readonly givenSpace?: Space | undefined
}

export type Parts = Omit<Question, 'workload'>

/** What is asked beside the workload. */
export function partsOf({ space, topN, targetQps, spare, pareto, all, counts }: Parts): Parts {
  return { space, topN, targetQps, spare, pareto, all, counts }
}

export function stateOf(input: PageInput): State {
  return { workload: workloadOf(input.workload), ...partsOf(input) }
}

/** The command that gives the same rows. Tables and spaces of one's own are named as the downloads are. */
export function commandOf(state: State): string {
  const { shipped, workload, space, givenSpace, topN, targetQps, spare, pareto } = state
  const words = ['kairos-wasm', 'allocate']
  if (shipped === undefined) words.push('-w', 'workload.json')
  else words.push('--model', shipped)
  if (shipped === undefined || !sameTypes(space, givenSpace)) words.push('-s', 'space.json')
  words.push('--qos-ms', String(workload.qosMs), '--percentile', String(workload.percentile))
  words.push('--budget', String(space.budgetPerHour))
  if (listsAll(state) && !pareto) words.push('--all')
  else if (topN !== undefined) words.push('--top-n', String(topN))
  if (targetQps !== undefined) {
    words.push('--target-qps', String(targetQps))
    if (spare) words.push('--spare', String(spare))
  } else if (pareto) words.push('--pareto')
  // a workload of one's own says it in its file
  const maxBatch = workload.batching?.maxBatch
  if (shipped !== undefined && maxBatch !== undefined) words.push('--max-batch', String(maxBatch))
  return words.join(' ')
}

/** Whether every row is listed: then the question has no number of rows. */
export function listsAll({ topN, targetQps, pareto, all }: Question): boolean {
  return topN === undefined && targetQps === undefined && (pareto === true || all === true)
}

/**
 * Whether a workload has the latency table and the mix of a shipped one; its target may differ, and it may batch up to
 * one size for all types.
 */
export function hasSameTables(own: Workload, shipped: Workload): boolean {
  if (typeof (own.batching?.maxBatch ?? 0) !== 'number') return false
  const tablesOf = (workload: Workload) => {
    const { latency, mix } = plainWorkload(workload)
    return JSON.stringify({ latency, mix })
  }
  return tablesOf(own) === tablesOf(shipped)
}

function sameTypes(space: Space, given: Space | undefined): boolean {
  return JSON.stringify(space.types) === JSON.stringify(given?.types)
}

/** The configuration that a text of the page names, which is in the order of the space. Names may hold commas. */
export function countsOf({ types }: Space, text: string): number[] | undefined {
  let rest = text
  const counts = types.map(({ name }) => {
    const count = rest.startsWith(`${name}=`)
      ? /^\d+(?=,|$)/.exec(rest.slice(name.length + 1))?.[0]
      : undefined
    if (count === undefined) return 0
    rest = rest.slice(name.length + 1 + count.length + 1)
    return Number(count)
  })
  return rest === '' ? counts : undefined
}

/** The chosen configuration, as long as it is in the space, whose limits, prices and budget may be edited. */
export function chosenOf({ space, counts }: Question): Counts | undefined {
  if (!counts) return undefined
  const isInside = space.types.every(({ min = 0, max }, t) => min <= counts[t] && counts[t] <= max)
  return isInside && costOf(space, counts) <= costLimit(space) ? counts : undefined
}

export function nameOf(question: Question): string | undefined {
  const chosen = chosenOf(question)
  return chosen && configurationText(typeNames(question.space), chosen)
}
