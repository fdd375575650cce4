import { batchLimits, hasBatches } from './largest-batches.ts'
import type { Policy } from './policy.ts'

/**
 * After Clockwork (Gujarati and others, "Serving DNNs like Clockwork: Performance Predictability from the
 * Bottom Up", OSDI 2020). Service times are predictable, so each query has a latest start on each type. An idle
 * instance takes the query whose latest start comes first. A query that cannot be in time is not started while another
 * one can be. Clockwork refuses it; here it is served when an instance has no query that can be in time.
 */
export const deadline: Policy = {
  name: 'deadline',
  summary: 'earliest latest start by predicted service time (Clockwork, OSDI 2020)',
  prepare: (context) => {
    const { qosMs } = context
    if (!hasBatches(context)) return () => ({ kind: 'deadline', qosMs })
    return () => ({ kind: 'urgent', qosMs, ...batchLimits(context) })
  },
}
