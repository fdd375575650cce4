import type { ClosedForm } from './contract.ts'

/**
 * The published estimate of one configuration, queries per second: the smaller of the rate at which large queries alone
 * keep the base instances busy, and the rate at which all instances are busy and the base instances serve small queries
 * too. assembly/rank/closed-form.ts derives it.
 */
export function closedFormEstimate(form: ClosedForm, counts: readonly number[]): number {
  const { base, baseRate, cutoff, smallShare, timeShare, rate } = form
  const bases = counts[base]
  if (bases === 0) return 0
  let small = -1
  let time = -1
  let widest = -1
  for (let t = 0; t < counts.length; t++) {
    if (t === base || counts[t] === 0) continue
    small = Math.max(small, smallShare[t])
    time = Math.max(time, timeShare[t])
    widest = Math.max(widest, cutoff[t])
  }
  if (widest < 0) return bases * baseRate
  let rates = 0
  for (let t = 0; t < counts.length; t++) {
    if (t !== base) rates += counts[t] * rate[widest * counts.length + t]
  }
  const busy = bases * (baseRate / (1 - time))
  const split = bases * baseRate + rates * (time / small)
  return Math.min(busy, split)
}
