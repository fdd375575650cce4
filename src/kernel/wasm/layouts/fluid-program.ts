// Written by .config/generate-layouts.mjs from assembly/layout/fluid-program.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** The fluid program of a workload, as the host states it. */
export interface RawProgram {
  /** The share of queries that may miss QoS. */
  readonly epsilon: number
  /** K probabilities. */
  readonly probabilities: number
  /** L x K mean service times in ms. */
  readonly services: number
  /** L x K probabilities that a service time exceeds QoS. */
  readonly violations: number
  /** L types, never decreasing; every type has a line. */
  readonly lineTypes: number
  readonly types: number
  readonly lines: number
  readonly bins: number
}

export const RawProgram: Layout<RawProgram> = {
  size: 36,
  fields: {
    epsilon: { type: 'f64', offset: 0 },
    probabilities: { type: 'usize', offset: 8 },
    services: { type: 'usize', offset: 12 },
    violations: { type: 'usize', offset: 16 },
    lineTypes: { type: 'usize', offset: 20 },
    types: { type: 'i32', offset: 24 },
    lines: { type: 'i32', offset: 28 },
    bins: { type: 'i32', offset: 32 },
  },
  write(view, address, values) {
    view.setFloat64(address, values.epsilon, true)
    view.setUint32(address + 8, values.probabilities, true)
    view.setUint32(address + 12, values.services, true)
    view.setUint32(address + 16, values.violations, true)
    view.setUint32(address + 20, values.lineTypes, true)
    view.setInt32(address + 24, values.types, true)
    view.setInt32(address + 28, values.lines, true)
    view.setInt32(address + 32, values.bins, true)
  },
}
