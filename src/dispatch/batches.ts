import { valueText } from '../model/checks.ts'
import { refuseUsage } from '../model/errors.ts'
import type { Start } from './dispatcher.ts'

/** Queries that start together on an instance, and complete together. */
export interface Batch {
  readonly instance: number
  /** In order of arrival, one at least. */
  readonly queries: readonly number[]
}

/**
 * The starts of one decision by instance: a decision starts one batch on an instance at most.
 *
 * @throws KairosError BAD_USAGE unless `starts` is a list
 */
export function batchesOf(starts: readonly Start[]): Batch[] {
  if (!Array.isArray(starts)) {
    const cure = 'what decide() of a dispatcher returns is expected'
    refuseUsage('starts', `is ${valueText(starts)}`, cure)
  }
  // the usual case of a router, without a map
  if (starts.length === 1) return [{ instance: starts[0].instance, queries: [starts[0].query] }]
  const byInstance = new Map<number, number[]>()
  for (const { query, instance } of starts) {
    const queries = byInstance.get(instance)
    if (queries) queries.push(query)
    else byInstance.set(instance, [query])
  }
  return Array.from(byInstance, ([instance, queries]) => ({ instance, queries }))
}
