import type { Policy } from './policy.ts'

/**
 * Minimum completion time, the on-line mode heuristic of Maheswaran and others ("Dynamic mapping of a class of
 * independent tasks onto heterogeneous computing systems", Journal of Parallel and Distributed Computing 59,
 * 1999): the oldest query goes to the instance on which it is expected to finish first, busy or idle; then the next
 * query, behind it.
 */
export const shortestCompletion: Policy = {
  name: 'shortest-completion',
  summary: 'oldest query first, where it is expected to finish first',
  prepare: () => () => ({ kind: 'completion', drawn: 0, seed: 0 }),
}
