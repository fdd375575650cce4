import { INFEASIBLE } from './exit-status.ts'

/**
 * Makes `INFEASIBLE` the exit status, and says on stderr why nothing is feasible.
 *
 * @param isShown whether the result says it, as a table does
 */
export function tellInfeasible(why: string, isShown = false): void {
  process.exitCode = INFEASIBLE
  if (!isShown) process.stderr.write(`kairos-wasm: nothing is feasible: ${why}\n`)
}
