import type { PlanInput } from '../model/fleet/plan.ts'
import type { Counts } from '../model/fleet/space.ts'
import type { Controller } from './fleet-simulation.ts'

// these are the defaults of Kubernetes

/** A usage within this share of the target changes nothing. */
const TOLERANCE = 0.1

/** Scaling down follows the largest recommendation of the last so many seconds. */
const STABILISATION_S = 300

/** Seconds between decisions. */
const PERIOD_S = 15

/**
 * The rule of the Kubernetes HorizontalPodAutoscaler on an external metric, the request rate, with a target of type
 * AverageValue: desired = ceil(rate / target per replica), unchanged while the usage per replica is within the
 * tolerance of the target; downward it takes the largest recommendation of the stabilisation window. One such
 * autoscaler runs for each type of a fixed mix, with targets in the proportions of the mix, so the mix is scaled.
 * (A target of type Utilization multiplies the current replicas by a ratio and rounds up: with few replicas it hardly
 * scales down, which costs more at the same shortage.)
 *
 * Source: Kubernetes documentation, "Horizontal Pod Autoscaling", algorithm details and stabilization window.
 *
 * @param mix the counts whose proportions are kept
 * @param boundQps queries per second of the mix at a utilisation of 1
 * @param targetUtilisation the target share of the bound per replica: 0.7 aims at 70%
 */
export function horizontalAutoscaler(
  { types }: PlanInput,
  mix: Counts,
  boundQps: number,
  targetUtilisation: number,
): Controller {
  const recent: { readonly timeS: number; readonly desired: Counts }[] = []
  return {
    periodS: PERIOD_S,
    decide({ timeS, serving, starting, rateQps }) {
      const current = serving.map((count, t) => count + starting[t])
      const desired = mix.map((share, t) => {
        if (share === 0) return types[t].min
        const perReplica = (targetUtilisation * boundQps) / share
        // without replicas the usage is no number, or infinite
        const usage = rateQps / (perReplica * current[t])
        const isWithin = Math.abs(usage - 1) <= TOLERANCE
        // a mix whose bound is 0 serves no rate: 0 / 0 is no count
        const needed = rateQps === 0 ? 0 : Math.ceil(rateQps / perReplica)
        const wanted = isWithin ? current[t] : needed
        return Math.min(types[t].max, Math.max(1, types[t].min, wanted))
      })
      recent.push({ timeS, desired })
      while (recent[0].timeS < timeS - STABILISATION_S) recent.shift()
      return desired.map((count, t) => {
        if (count >= current[t]) return count
        const largest = recent.reduce((most, { desired }) => Math.max(most, desired[t]), count)
        return Math.min(current[t], largest)
      })
    },
  }
}
