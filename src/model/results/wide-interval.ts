/** An interval of a share that extends further than this to each side is wide. */
const WIDE = 0.05

/** Whether the interval of a share is wide, by its half width. A single repetition has no interval. */
export function isWide(halfWidth: number): boolean {
  return halfWidth > WIDE && halfWidth < Infinity
}
