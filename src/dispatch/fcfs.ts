import type { Policy } from './policy.ts'

/** First come, first served: the oldest query on the first idle instance, in order of configuration. */
export const fcfs: Policy = {
  name: 'fcfs',
  summary: 'oldest query first, on the first idle instance',
  prepare: () => () => ({ kind: 'fcfs' }),
}
