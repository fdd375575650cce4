// Written by .config/generate-layouts.mjs from assembly/layout/assignment.ts. Do not edit: `npm run build`
// writes it again.
import type { Layout } from '../layout.ts'

/** Arguments of assign. */
export interface AssignArguments {
  /** Row-major: `rows` x `cols` costs. */
  readonly cost: number
  /** Address of assignBytes(rows, cols) bytes. */
  readonly work: number
  /** Written: the potentials of the rows and of the columns. */
  readonly rowPotential: number
  readonly colPotential: number
  /** Written: min(rows, cols) pairs in order of rows. */
  readonly pairRow: number
  readonly pairCol: number
  readonly rows: number
  readonly cols: number
}

export const AssignArguments: Layout<AssignArguments> = {
  size: 32,
  fields: {
    cost: { type: 'usize', offset: 0 },
    work: { type: 'usize', offset: 4 },
    rowPotential: { type: 'usize', offset: 8 },
    colPotential: { type: 'usize', offset: 12 },
    pairRow: { type: 'usize', offset: 16 },
    pairCol: { type: 'usize', offset: 20 },
    rows: { type: 'i32', offset: 24 },
    cols: { type: 'i32', offset: 28 },
  },
  write(view, address, values) {
    view.setUint32(address, values.cost, true)
    view.setUint32(address + 4, values.work, true)
    view.setUint32(address + 8, values.rowPotential, true)
    view.setUint32(address + 12, values.colPotential, true)
    view.setUint32(address + 16, values.pairRow, true)
    view.setUint32(address + 20, values.pairCol, true)
    view.setInt32(address + 24, values.rows, true)
    view.setInt32(address + 28, values.cols, true)
  },
}
