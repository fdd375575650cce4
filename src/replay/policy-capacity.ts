import type { AllowableThroughput, Estimate, PolicyCapacity } from '../model/results/capacity.ts'
import { boundShare, estimate } from './interval.ts'

/**
 * The allowable throughput of a policy beside the bound, and beside another policy.
 *
 * @param against the rates of the other policy; repetitions use common random numbers, so they are compared in pairs
 */
export function policyCapacity(
  policy: string,
  found: AllowableThroughput,
  against?: readonly number[],
): PolicyCapacity {
  const { mean, halfWidth, ofBound, rates, refused, replays } = found
  const { shareOfBound, atBound } = boundShare(ofBound)
  return {
    policy,
    mean,
    halfWidth,
    shareOfBound,
    shareHalfWidth: ofBound?.halfWidth ?? 0,
    atBound,
    ratio: against ? ratioOf(rates, against) : null,
    rates,
    refused,
    replays,
  }
}

function ratioOf(rates: readonly number[], against: readonly number[]): Estimate | null {
  return against.includes(0) ? null : estimate(rates.map((rate, k) => rate / against[k]))
}
