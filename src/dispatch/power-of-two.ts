import type { Policy } from './policy.ts'

/**
 * The power of two choices (Mitzenmacher, IEEE Transactions on Parallel and Distributed Systems 12, 2001):
 * two instances are drawn for a query, and it goes to the one on which it is expected to finish first. The draws are a
 * hash of the query's number, so they are the same in every run. If most instances are too slow for large queries, no
 * rate is low enough: two slow instances are drawn too often.
 */
export const powerOfTwo: Policy = {
  name: 'power-of-two',
  summary: 'the better of two instances drawn for each query (Mitzenmacher, 2001)',
  prepare: () => () => ({ kind: 'completion', drawn: 2, seed: 1 }),
}
