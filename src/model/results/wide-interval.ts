/** A share whose interval extends further than this to each side says little. */
const WIDE = 0.05

/** Whether the interval of a share is wide, by its half width. A single repetition has no interval. */
export function isWide(halfWidth: number): boolean {
  return halfWidth > WIDE && halfWidth < Infinity
}
