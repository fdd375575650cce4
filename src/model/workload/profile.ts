import { checkNames, isMap, valueText } from '../checks.ts'
import { refuseModel as refuse } from '../errors.ts'

/**
 * The inputs of the published allocator for one type of one model: what the closed form needs. A type with a cutoff
 * is auxiliary; the type without one is the base.
 */
export interface TypeProfile {
  /** Queries per second of one instance: of the base on all bins, of an auxiliary type on its small bins. */
  readonly qps: number
  /** Only for auxiliary types. */
  readonly auxiliary?: {
    /** The first batch size whose median service time exceeds QoS; queries up to it are small. */
    readonly cutoff: number
    /** Share of the queries that are small, f. */
    readonly smallShare: number
    /** Share of the base's busy time that is spent on small queries, τ. */
    readonly timeShare: number
    /** Queries a second of one instance on the bins up to each cutoff, by cutoff. */
    readonly rates: ReadonlyMap<number, number>
  }
}

/** Profiles by instance type, in the order in which they were derived or read. */
export type Profile = ReadonlyMap<string, TypeProfile>

/**
 * Checks a profile. Every public function that takes one calls this: a value that is no number would make bounds NaN,
 * and NaN cannot be ordered.
 *
 * @throws KairosError BAD_MODEL with the field and the cure
 */
export function checkProfile(profile: Profile): void {
  const cure = 'readProfile reads profiles from a file; deriveProfile makes one from a workload'
  if (!isMap(profile)) refuse('profile', `is ${valueText(profile)}`, `a Map is expected: ${cure}`)
  checkNames('profile', [...profile.keys()])
  for (const [name, type] of profile) {
    const field = `profile.${name}`
    checkNumber(`${field}.qps`, type?.qps, Number.MAX_VALUE)
    const { auxiliary } = type
    if (auxiliary === undefined) continue
    checkNumber(`${field}.auxiliary.cutoff`, auxiliary?.cutoff, Number.MAX_VALUE)
    checkNumber(`${field}.auxiliary.smallShare`, auxiliary.smallShare, 1)
    checkNumber(`${field}.auxiliary.timeShare`, auxiliary.timeShare, 1)
    const { rates } = auxiliary
    if (!isMap(rates)) {
      refuse(`${field}.auxiliary.rates`, `is ${valueText(rates)}`, 'a Map of rates by cutoff is expected')
    }
    for (const [cutoff, qps] of rates) {
      checkNumber(`${field}.auxiliary.rates`, cutoff, Number.MAX_VALUE)
      checkNumber(`${field}.auxiliary.rates[${cutoff}]`, qps, Number.MAX_VALUE)
    }
  }
}

function checkNumber(field: string, value: unknown, most: number): void {
  if (typeof value === 'number' && value >= 0 && value <= most) return
  const range = most === 1 ? 'from 0 to 1' : '>= 0'
  refuse(field, `is ${valueText(value)}`, `a number ${range} is expected`)
}
