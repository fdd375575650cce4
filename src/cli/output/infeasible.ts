import { INFEASIBLE } from './exit-status.ts'

/** Says on stderr why nothing is feasible, and makes `INFEASIBLE` the exit status. */
export function tellInfeasible(why: string): void {
  process.exitCode = INFEASIBLE
  process.stderr.write(`kairos-wasm: nothing is feasible: ${why}\n`)
}
