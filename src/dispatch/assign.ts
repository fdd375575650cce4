import type { KernelName } from '../kernel/contract.ts'
import type { Assignment } from '../kernel/dispatch-contract.ts'
import { sharedKernel } from '../kernel/shared.ts'
import { checkWhole, isDoubles, valueText } from '../model/checks.ts'
import { counted } from '../model/counted.ts'
import { KairosError, refuseUsage } from '../model/errors.ts'

/** The most costs that fit the memory of a kernel, with the transposed matrix and the packed costs. */
const MOST_COSTS = 2 ** 27

/** Sums of costs must not overflow. */
const LARGEST_COST = 1e300

/**
 * The minimum-cost assignment of a rectangular matrix: min(rows, cols) pairs, with each row and column in at most one
 * pair. Among equally good assignments it returns that of scipy's linear_sum_assignment. Blocks while it runs; the
 * input is copied.
 *
 * @param cost rows x cols costs, row by row; Infinity forbids a pair
 * @returns the pairs in order of rows, their total (summed in that order), and potentials that prove it:
 *   rowPotential[i] + colPotential[j] <= cost, with equality on the pairs. If the forbidden pairs allow no
 *   assignment, the status is `infeasible`, the total Infinity and everything else empty.
 * @throws KairosError BAD_USAGE for a NaN, -Infinity or a finite cost beyond 1e300, with its position, and for a matrix
 *   of another size; TOO_LARGE beyond 2^27 costs
 */
export function assign(
  cost: Float64Array | readonly number[],
  rows: number,
  cols: number,
  kernel: KernelName = 'wasm',
): Assignment {
  checkWhole('rows', rows, 0)
  checkWhole('cols', cols, 0)
  if (cost?.length !== rows * cols) {
    const cure = `rows x cols = ${rows} x ${cols} asks for ${rows * cols}`
    const given = typeof cost?.length === 'number' ? counted(cost.length, 'number') : 'no numbers'
    refuseUsage('cost', `has ${given}`, cure)
  }
  if (cost.length > MOST_COSTS) {
    throw new KairosError('TOO_LARGE', `${cost.length} costs`, { field: 'cost' }, `at most ${MOST_COSTS}`)
  }
  const refuse = (i: number, value: unknown): never => {
    const field = `cost[${Math.floor(i / cols)}][${i % cols}]`
    const cure = `a number of at most ${LARGEST_COST}, or Infinity for a forbidden pair, is expected`
    refuseUsage(field, `is ${valueText(value)}`, cure)
  }
  // null and text would become numbers, and a BigInt would throw an error of its own
  const toNumber = (value: unknown, i: number) => (typeof value === 'number' ? value : refuse(i, value))
  const costs = isDoubles(cost) ? cost : Float64Array.from(cost, toNumber)
  for (let i = 0; i < costs.length; i++) {
    if (Math.abs(costs[i]) <= LARGEST_COST || !Number.isFinite(costs[i])) continue
    refuse(i, costs[i])
  }
  return sharedKernel(kernel).assign({ cost: costs, rows, cols })
}
