import { closedFormEstimate } from '../kernel/closed-form.ts'
import type { ClosedForm } from '../kernel/contract.ts'

/**
 * The closed form with the operations of the published allocator in their order, so that its file is matched to the
 * last bit. The kernel's form (`src/kernel/closed-form.ts`) needs fewer operations and differs by some 1e-16.
 */
export function publishedEstimate(form: ClosedForm, counts: readonly number[]): number {
  const { base, baseRate, cutoff, smallShare, timeShare, rate } = form
  const used = counts.flatMap((count, t) => (t === base || count === 0 ? [] : [t]))
  if (used.length === 0) return counts[base] * baseRate
  const largest = (values: ArrayLike<number>) => used.reduce((most, t) => Math.max(most, values[t]), 0)
  const small = largest(smallShare)
  // the published operations divide 0 by 0 where every query is small; the kernel's form is their limit
  if (small === 1) return closedFormEstimate(form, counts)
  const at = largest(cutoff) * counts.length
  const auxiliary = compensatedSum(used.map((t) => counts[t] * rate[at + t]))
  const total = auxiliary / small
  const time = largest(timeShare)
  // the base spends no time on large queries, so it is never too busy with them; the published program divides by 0
  if (time === 1) return total + counts[base] * baseRate
  const need = total - auxiliary
  const room = counts[base] * ((baseRate * (1 - small)) / (1 - time))
  if (need >= room) return room / (1 - small)
  return total + counts[base] * baseRate * (1 - need / room)
}

/** The sum of Python: Neumaier's, with the rounding errors added at the end. */
function compensatedSum(values: readonly number[]): number {
  let sum = 0
  let errors = 0
  for (const value of values) {
    const next = sum + value
    errors += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return sum + errors
}
