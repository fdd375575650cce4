import type { DispatchRule } from '../dispatch-contract.ts'

/** The numbers of the rules in assembly/dispatch/rules.ts. */
export const RULES = { fcfs: 0, matching: 1, priced: 2, deadline: 3, completion: 4, partition: 5 } as const

/** What a rule's file in assembly/ calls its table. */
export function ruleTable(rule: DispatchRule): Float64Array {
  switch (rule.kind) {
    case 'fcfs':
      return new Float64Array()
    case 'matching': {
      const { qosMs, marginMs, missCost, nearCost, latePenalty, coefficient, guardMs } = rule
      return joined([qosMs, marginMs, missCost, nearCost, latePenalty], coefficient, guardMs)
    }
    case 'priced': {
      const { qosMs, nearCost, missCost, weight, reducedCost, guardMs, lastGuardMs } = rule
      return joined([qosMs, nearCost, missCost], weight, reducedCost, guardMs, lastGuardMs)
    }
    case 'deadline':
      return Float64Array.of(rule.qosMs)
    case 'completion':
      return Float64Array.of(rule.choices === 'two' ? 1 : 0, rule.seed)
    case 'partition':
      return joined(rule.groupOfType, rule.groupOfBin)
  }
}

/** Arrays one behind the other, which may be longer than a call has arguments. */
function joined(...parts: readonly ArrayLike<number>[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
