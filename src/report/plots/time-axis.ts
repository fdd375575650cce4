import { quantity } from './plot.ts'

/** Units of time; an axis has the largest unit of which what is drawn lasts at least two. */
const UNITS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1000],
  ['ms', 0],
] as const

/** The axis of time, from left to right. Values have their time in the field `at`, in multiples of `unitMs`. */
export function timeAxis(durationMs: number) {
  const [unit, length] = UNITS.find(([, ms]) => durationMs >= 2 * ms)!
  const x = quantity('at', `time (${unit})`, { scale: { nice: false, zero: false }, axis: { grid: false } })
  return { unitMs: Math.max(length, 1), x }
}
