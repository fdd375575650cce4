import type { Assignment } from './dispatch-contract.ts'

/** The outcome if the forbidden pairs leave no assignment. */
export function infeasible(): Assignment {
  return {
    status: 'infeasible',
    rows: new Int32Array(),
    cols: new Int32Array(),
    total: Infinity,
    rowPotential: new Float64Array(),
    colPotential: new Float64Array(),
  }
}
