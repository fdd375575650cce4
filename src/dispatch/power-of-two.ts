import type { Policy } from './policy.ts'

/**
 * The power of two choices (Mitzenmacher, IEEE Transactions on Parallel and Distributed Systems 12, 2001):
 * two instances are drawn for a query, and it joins the one with less to do, here the one on which it is
 * expected to finish first. Draws are a hash of the query's number: the same in every run. Where most
 * instances are too slow for large queries no rate is low enough: two of those are drawn too often.
 */
export const powerOfTwo: Policy = {
  name: 'power-of-two',
  summary: 'the better of two instances drawn for each query (Mitzenmacher, 2001)',
  prepare: () => () => ({ kind: 'completion', drawn: 2, seed: 1 }),
}
