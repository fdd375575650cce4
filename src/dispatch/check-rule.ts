import type { DispatchRule } from '../kernel/rules.ts'
import { isDoubles, valueText } from '../model/checks.ts'
import { counted } from '../model/counted.ts'
import { refuseUsage } from '../model/errors.ts'
import type { Policy } from './policy.ts'

/** What a field of a rule holds: a number, or an array with one for each type, for each bin, or for each of both. */
type Field = 'number' | 'types' | 'bins' | 'both'

type Fields<Rule> = Readonly<Record<Exclude<keyof Rule, 'kind'>, Field>>

const light = { lightLoad: 'number', lightGapMs: 'number' } as const
const guards = { guardMs: 'both', looseGuardMs: 'both', typicalMs: 'both', qosMs: 'number' } as const
const batches = { batchSize: 'bins', largest: 'types' } as const

const FIELDS: { readonly [Kind in DispatchRule['kind']]: Fields<Extract<DispatchRule, { kind: Kind }>> } = {
  fcfs: {},
  matching: {
    ...{ coefficient: 'types', guardMs: 'both', qosMs: 'number' },
    ...{ marginMs: 'number', missCost: 'number', nearCost: 'number' },
  },
  priced: {
    ...{ weight: 'types', reducedCost: 'both', ...guards, ...light },
    ...{ longestLateMs: 'both', looseCost: 'number', missCost: 'number' },
  },
  flow: { weight: 'types', reducedCost: 'both', ...guards, ...light, lateShare: 'number' },
  deadline: { qosMs: 'number' },
  completion: { drawn: 'number', seed: 'number' },
  partition: { groupOfType: 'types', groupOfBin: 'bins' },
  oldest: batches,
  urgent: { ...batches, qosMs: 'number' },
  batched: {
    ...{ ...batches, ...light, qosMs: 'number', lateShare: 'number', mostAhead: 'number' },
    ...{ unit: 'number', inOrder: 'number', joinAge: 'number', missWorth: 'number' },
    ...{ weight: 'types', fullCost: 'types', isFast: 'types', timeFactor: 'types', aheadDiscount: 'types' },
    ...{ ageScale: 'types', ageWorth: 'types', stagger: 'types' },
    ...{
      queryCost: 'bins',
      worth: 'bins',
      aloneMs: 'bins',
      longestLateMs: 'both',
      isCheap: 'both',
      guardMs: 'both',
    },
  },
}

const CURE = `prepare returns a function, which returns a rule: ${Object.keys(FIELDS).join(', ')}`

/** @throws KairosError BAD_USAGE where `prepare` has returned no function */
export function checkPrepared({ name }: Policy, prepared: unknown): void {
  if (typeof prepared === 'function') return
  refuseUsage('policy', `${name} gives no function`, CURE)
}

/**
 * Kernels read rules without checks: a missing field is read as 0, and a short one as what follows it in memory.
 *
 * @throws KairosError BAD_USAGE for a rule that is none
 */
export function checkRule({ name }: Policy, rule: DispatchRule, types: number, bins: number): void {
  const refuse = (problem: string, cure: string): never => {
    refuseUsage('policy', `${name} gives ${problem}`, cure)
  }
  if (!Object.hasOwn(FIELDS, rule?.kind)) {
    const given = typeof rule === 'object' && rule !== null ? `the kind ${valueText(rule.kind)}` : 'no rule'
    refuse(given, CURE)
  }
  const lengths = { types, bins, both: types * bins }
  for (const [field, holds] of Object.entries<Field>(FIELDS[rule.kind])) {
    const value: unknown = rule[field as keyof DispatchRule]
    if (holds === 'number') {
      if (typeof value === 'number' && !Number.isNaN(value)) continue
      refuse(`a rule whose ${field} is ${valueText(value)}`, 'a number is expected')
    } else if (!isDoubles(value) || value.length !== lengths[holds]) {
      const given = isDoubles(value) ? `has ${counted(value.length, 'number')}` : 'is no Float64Array'
      refuse(`a rule whose ${field} ${given}`, `a Float64Array of ${lengths[holds]} is expected`)
    }
  }
}
