import type { Assignment, AssignmentProblem } from '../../src/kernel/dispatch-contract.ts'

/**
 * What is wrong with an assignment: nothing if it is complete and its potentials prove that its total is least. It
 * does not depend on how the assignment was found.
 */
export function faults({ cost, rows, cols }: AssignmentProblem, found: Assignment): string[] {
  const wrong: string[] = []
  const short = Math.min(rows, cols)
  if (found.status !== 'assigned') return [`status is ${found.status}`]
  if (found.rows.length !== short || found.cols.length !== short) wrong.push('incomplete')
  if (new Set(found.rows).size !== short || new Set(found.cols).size !== short) wrong.push('used twice')
  if (found.rows.some((row, k) => k > 0 && row < found.rows[k - 1])) wrong.push('rows out of order')
  const scale = cost.reduce((most, c) => (Number.isFinite(c) ? Math.max(most, Math.abs(c)) : most), 1e-300)
  const rounding = 1e-12 * scale * (short + 1)
  const { rowPotential, colPotential } = found
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      if (cost[i * cols + j] - rowPotential[i] - colPotential[j] < -rounding)
        wrong.push(`pair ${i}, ${j} is cheaper`)
    }
  }
  let total = 0
  found.rows.forEach((row, k) => {
    const reduced = cost[row * cols + found.cols[k]] - rowPotential[row] - colPotential[found.cols[k]]
    if (!(Math.abs(reduced) <= rounding)) wrong.push(`pair ${k} is not tight: ${reduced}`)
    total += cost[row * cols + found.cols[k]]
  })
  if (total !== found.total) wrong.push(`total is ${found.total}, not ${total}`)
  // an unassigned row or column has potential 0, and no potential on its side is larger
  const check = (potential: Float64Array, used: Int32Array) => {
    const taken = new Set(used)
    potential.forEach((p, i) => {
      if (p > rounding || (!taken.has(i) && p !== 0)) wrong.push(`potential ${i} is ${p}`)
    })
  }
  if (rows > cols) check(rowPotential, found.rows)
  if (cols > rows) check(colPotential, found.cols)
  return wrong
}
