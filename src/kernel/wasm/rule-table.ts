import { isDoubles } from '../../model/checks.ts'
import type { DispatchRule } from '../rules.ts'
import { type Arena, copyF64, reserveBytes, viewF64 } from './arena.ts'
import type { Layout } from './layout.ts'
import {
  BatchedTable,
  CompletionTable,
  DeadlineTable,
  FlowTable,
  MatchingTable,
  OldestTable,
  PartitionTable,
  PricedTable,
  UrgentTable,
} from './layouts/rules.ts'
import { unitTimes } from './unit-times.ts'

/** How much work space a rule needs: the numbers of assembly/layout/window.ts. */
const NO_SPACE = 0
const WINDOW_SPACE = 1
export const MATCHING_SPACE = 2
export const FLOW_SPACE = 3
export const BATCH_SPACE = 4

interface RuleEntry {
  /** In assembly/dispatch/rules.ts. */
  readonly number: number
  readonly space: number
  /** Its numbers: every field has the name of one of `numbersOf`. */
  readonly table?: Pick<Layout<never>, 'size' | 'write'>
}

/** The registry of rules: a line for each. */
export const RULES: Readonly<Record<DispatchRule['kind'], RuleEntry>> = {
  fcfs: { number: 0, space: NO_SPACE },
  matching: { number: 1, space: MATCHING_SPACE, table: MatchingTable },
  priced: { number: 2, space: MATCHING_SPACE, table: PricedTable },
  deadline: { number: 3, space: WINDOW_SPACE, table: DeadlineTable },
  completion: { number: 4, space: NO_SPACE, table: CompletionTable },
  partition: { number: 5, space: NO_SPACE, table: PartitionTable },
  flow: { number: 6, space: FLOW_SPACE, table: FlowTable },
  batched: { number: 7, space: BATCH_SPACE, table: BatchedTable },
  urgent: { number: 8, space: BATCH_SPACE, table: UrgentTable },
  oldest: { number: 9, space: BATCH_SPACE, table: OldestTable },
}

/** The numbers of a rule in memory. */
export interface RuleTable {
  readonly address: number
  /** The addresses of its arrays, by property of the rule. */
  readonly arrays: ReadonlyMap<string, number>
}

/** Copies the numbers of a rule into the arena. @param meanMs T x K */
export function copyRule(arena: Arena, rule: DispatchRule, meanMs: Float64Array): RuleTable {
  const { table } = RULES[rule.kind]
  const numbers = numbersOf(rule, meanMs)
  const arrays = new Map<string, number>()
  for (const [name, value] of Object.entries(numbers)) {
    if (isDoubles(value)) arrays.set(name, copyF64(arena, value))
  }
  const placed = { address: table ? reserveBytes(arena, table.size) : 0, arrays }
  writeNumbers(arena, numbers, placed)
  return placed
}

/** Overwrites the numbers of a rule by those of another one of the same kind and size. */
export function rewriteRule(arena: Arena, rule: DispatchRule, meanMs: Float64Array, placed: RuleTable): void {
  const numbers = numbersOf(rule, meanMs)
  for (const [name, value] of Object.entries(numbers)) {
    if (isDoubles(value)) viewF64(arena, placed.arrays.get(name)!, value.length).set(value)
  }
  writeNumbers(arena, numbers, placed)
}

/** The numbers of a rule, and those that the kernel need not compute in every decision. @param meanMs T x K */
export function numbersOf(rule: DispatchRule, meanMs: Float64Array): DispatchRule {
  return rule.kind === 'batched' ? { ...rule, ...unitTimes(rule, meanMs) } : rule
}

function writeNumbers(arena: Arena, rule: DispatchRule, { address, arrays }: RuleTable): void {
  const values = { ...rule, ...Object.fromEntries(arrays) }
  RULES[rule.kind].table?.write(arena.view, address, values as never)
}
