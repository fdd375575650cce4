import solver from 'javascript-lp-solver'

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

const lpSolver = solver as unknown as { Solve(model: object): Result }

/**
 * Solves a program by javascript-lp-solver. A variable must not be named `feasible`, `result` or `bounded`: these
 * are fields of its result.
 */
export function solve({ constraints, variables, objective }: LinearProgram): Solution {
  const { feasible, bounded, result, ...values } = lpSolver.Solve({
    optimize: objective,
    opType: 'max',
    constraints,
    variables,
  })
  // feasible is true for an unbounded program too
  if (bounded === false) return { status: 'unbounded' }
  if (feasible !== true) return { status: 'infeasible' }
  const given = Object.entries(values).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  )
  return { status: 'optimal', value: Number(result ?? 0), variables: new Map(given) }
}
