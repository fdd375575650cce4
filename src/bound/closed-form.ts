/**
 * The inputs of the published closed form (Kairos, HPDC'23), derived from a workload instead of trial runs, and in
 * the form that a kernel takes.
 */
import type { ClosedForm } from '../kernel/contract.ts'
import { refuseModel } from '../model/errors.ts'
import { checkSlots } from '../model/fleet/concurrency.ts'
import { baseOf, checkSpace, type Space, slotsOf, typeNames } from '../model/fleet/space.ts'
import { quantileMs } from '../model/workload/latency-table.ts'
import { checkProfile, type Profile, type TypeProfile } from '../model/workload/profile.ts'
import { binProbabilities, checkWorkload, tableRows, type Workload } from '../model/workload/workload.ts'

/**
 * Derives the published allocator's inputs for the types of a space.
 *
 * For each auxiliary type: the cutoff is the first bin whose median service time exceeds QoS, or the last bin if none
 * does. Queries up to the cutoff are small. The time share is the share of the base's busy time that small queries
 * take. A rate is one over the mean service time of the bins up to a cutoff; 0 if no query is that small.
 *
 * @throws KairosError BAD_MODEL if the latency table lacks a type of the space
 */
export function deriveProfile(workload: Workload, space: Space): Profile {
  checkWorkload(workload)
  checkSpace(space)
  const { latency, qosMs } = workload
  const bins = latency.batchSizes.length
  const probability = binProbabilities(workload)
  const names = typeNames(space)
  const rows = tableRows(latency, names)
  checkSlots(latency, names, slotsOf(space))
  const base = baseOf(space)

  // sums over the bins up to and with `bin`
  const share = (bin: number) => sumTo(bin, (k) => probability[k])
  const time = (t: number, bin: number) =>
    sumTo(bin, (k) => probability[k] * latency.meanMs[rows[t] * bins + k])
  const rate = (t: number, bin: number) => (share(bin) > 0 ? (1000 * share(bin)) / time(t, bin) : 0)

  const cutoffs = names.map((_, t) => {
    for (let k = 0; k < bins; k++) if (quantileMs(latency, rows[t] * bins + k, 0.5) > qosMs) return k
    return bins - 1
  })
  return new Map(
    names.map((name, t): [string, TypeProfile] => {
      if (t === base) return [name, { qps: rate(t, bins - 1) }]
      const own = cutoffs[t]
      const wider = cutoffs.filter((cutoff, other) => other !== base && cutoff > own)
      const rates = new Map([own, ...wider].map((bin) => [latency.batchSizes[bin], rate(t, bin)]))
      return [
        name,
        {
          qps: rate(t, own),
          auxiliary: {
            cutoff: latency.batchSizes[own],
            // the probabilities of a mix may sum to slightly more than 1
            smallShare: Math.min(1, share(own)),
            timeShare: time(base, own) / time(base, bins - 1),
            rates,
          },
        },
      ]
    }),
  )
}

function sumTo(bin: number, term: (k: number) => number): number {
  let sum = 0
  for (let k = 0; k <= bin; k++) sum += term(k)
  return sum
}

/**
 * A profile in the form that a kernel takes, with types in the order of the space. An instance with s slots has s times
 * the rate of the profile.
 *
 * @throws KairosError BAD_MODEL for what is no profile, a type without a profile, a base without a rate, an auxiliary
 *   type without a cutoff, or a rate that the profile does not give at a cutoff that can decide
 */
export function closedForm(profile: Profile, space: Space): ClosedForm {
  checkProfile(profile)
  const { types } = space
  const base = baseOf(space)
  const slots = slotsOf(space)
  const known = types.map(({ name }, t) => {
    const type = profile.get(name)
    if (!type) refuseModel('profile', `has no type "${name}"`, `it has ${[...profile.keys()].join(', ')}`)
    if (t !== base && !type.auxiliary) {
      const cure = 'mark the base type of the space with "base": true, or list it first'
      refuseModel('profile', `has no cutoff for ${name}`, cure)
    }
    if (t === base && type.qps === 0)
      refuseModel('profile', `has no rate of the base ${name}`, 'its qps is above 0')
    return type
  })
  const auxiliary = (t: number) => (t === base ? undefined : known[t].auxiliary)
  const shares = types.map((_, t) => {
    const { smallShare, timeShare } = auxiliary(t) ?? { smallShare: 0, timeShare: 0 }
    // kernels divide the time share by the small share: 0, where a type serves no query
    return Number.isFinite(timeShare / smallShare)
      ? { smallShare, timeShare }
      : { smallShare: Number.MIN_VALUE, timeShare: 0 }
  })
  const cutoffs = [...new Set(known.flatMap((_, t) => auxiliary(t)?.cutoff ?? []))].sort((a, b) => a - b)
  const rate = new Float64Array(cutoffs.length * types.length)
  cutoffs.forEach((cutoff, c) => {
    types.forEach(({ name }, t) => {
      const own = auxiliary(t)
      // while a type is in use, no cutoff narrower than its own is the largest
      if (!own || cutoff < own.cutoff) return
      const value = own.rates.get(cutoff)
      if (value === undefined) {
        refuseModel(
          'profile',
          `has no rate of ${name} up to batch size ${cutoff}`,
          `add all_batch["${cutoff}"]`,
        )
      }
      rate[c * types.length + t] = slots[t] * value
    })
  })
  return {
    base,
    baseRate: slots[base] * known[base].qps,
    cutoff: Int32Array.from(types, (_, t) => cutoffs.indexOf(auxiliary(t)?.cutoff ?? -1)),
    smallShare: Float64Array.from(shares, ({ smallShare }) => smallShare),
    timeShare: Float64Array.from(shares, ({ timeShare }) => timeShare),
    rate,
  }
}
