import { refuseUsage } from '../../model/errors.ts'
import { providedHost } from '../host.ts'

/** A linear program: maximise one attribute of non-negative variables under limits on the others. */
export interface LinearProgram {
  /** By row: `{ equal: 0 }` or `{ max: 3 }`. */
  readonly constraints: Readonly<Record<string, { readonly equal?: number; readonly max?: number }>>
  readonly variables: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly objective: string
}

export type Solution =
  | { readonly status: 'optimal'; readonly value: number; readonly variables: ReadonlyMap<string, number> }
  | { readonly status: 'infeasible' | 'unbounded' }

/** What javascript-lp-solver returns: its own three fields, and a field for every variable that is not 0. */
type Result = { feasible?: boolean; bounded?: boolean; result?: number } & Record<string, number | boolean>

/** Loaded by the host on first use: nothing but the fallback's fluid bound needs it. */
function lpSolver(): { Solve(model: object, precision: number): Result } {
  const solver = providedHost()?.lpSolver?.()
  if (solver) return solver as { Solve(model: object, precision: number): Result }
  const cure = 'use the wasm kernel, or provide a host with an lpSolver'
  refuseUsage('kernel', 'has no solver of linear programs', cure)
}

/**
 * Solves a program by javascript-lp-solver. A variable must not be named `feasible`, `result` or `bounded`: these
 * are fields of its result.
 *
 * @param precision what the solver takes for 0, and rounds results to
 */
export function solve({ constraints, variables, objective }: LinearProgram, precision = 1e-8): Solution {
  const model = { optimize: objective, opType: 'max', constraints, variables }
  const { feasible, bounded, result, ...values } = lpSolver().Solve(model, precision)
  // feasible is true for an unbounded program too
  if (bounded === false) return { status: 'unbounded' }
  if (feasible !== true) return { status: 'infeasible' }
  const given = Object.entries(values).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  )
  return { status: 'optimal', value: Number(result ?? 0), variables: new Map(given) }
}
