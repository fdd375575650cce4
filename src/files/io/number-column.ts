/** Numbers of a file of unknown length, in an array that doubles when it is full. */
export interface NumberColumn {
  values: Float64Array
  length: number
}

export const emptyColumn = (): NumberColumn => ({ values: new Float64Array(16), length: 0 })

export function append(column: NumberColumn, value: number): void {
  if (column.length === column.values.length) {
    const larger = new Float64Array(2 * column.length)
    larger.set(column.values)
    column.values = larger
  }
  column.values[column.length++] = value
}

/** The numbers so far, not copied. */
export const numbersOf = ({ values, length }: NumberColumn): Float64Array => values.subarray(0, length)
