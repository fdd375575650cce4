// Written by .config/generate-layouts.mjs from assembly/layout/fluid-program.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** The fluid program of a workload, as the host states it. */
export interface RawProgram {
  /** The share of queries that may miss QoS. */
  readonly epsilon: number
  /** K probabilities. */
  readonly probabilities: number
  /** T x K mean service times in ms. */
  readonly services: number
  /** T x K probabilities that a service time exceeds QoS. */
  readonly violations: number
  readonly types: number
  readonly bins: number
}

export const RawProgram: Layout<RawProgram> = {
  size: 28,
  fields: {
    epsilon: { type: 'f64', offset: 0 },
    probabilities: { type: 'usize', offset: 8 },
    services: { type: 'usize', offset: 12 },
    violations: { type: 'usize', offset: 16 },
    types: { type: 'i32', offset: 20 },
    bins: { type: 'i32', offset: 24 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.epsilon, true)
    view.setUint32(address + 8, values.probabilities, true)
    view.setUint32(address + 12, values.services, true)
    view.setUint32(address + 16, values.violations, true)
    view.setInt32(address + 20, values.types, true)
    view.setInt32(address + 24, values.bins, true)
  },
}
