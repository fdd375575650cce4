import { batchLimits } from './largest-batches.ts'
import type { Policy } from './policy.ts'

/**
 * The dynamic batcher of Triton Inference Server with no queue delay: an idle instance takes the oldest queries, as
 * many as fit into its largest batch. It knows no deadline. Without batching it is `fcfs`.
 */
export const triton: Policy = {
  name: 'triton',
  summary: 'oldest first, as many as fit into a batch (Triton’s dynamic batcher)',
  prepare: (context) => () => ({ kind: 'oldest', ...batchLimits(context) }),
}
