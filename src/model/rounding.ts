/** A sum without what rounding has added to it: 12 significant digits. 1.0000000000000215 is 1. */
export function withoutRounding(sum: number): number {
  return Number(sum.toPrecision(12))
}
