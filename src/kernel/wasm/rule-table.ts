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

/** How much work space a rule needs: the numbers of assembly/layout/window.ts. */
const NO_SPACE = 0
const WINDOW_SPACE = 1
const MATCHING_SPACE = 2
export const FLOW_SPACE = 3
export const BATCH_SPACE = 4

interface RuleEntry {
  /** In assembly/dispatch/rules.ts. */
  readonly number: number
  readonly space: number
  /** Its numbers: every field has the name of a property of the rule. */
  readonly table?: Pick<Layout<never>, 'size' | 'write'>
}

/** The registry of rules: a line for each. */
export const RULES: Readonly<Record<DispatchRule['kind'], RuleEntry>> = {
  fcfs: { number: 0, space: NO_SPACE },
  matching: { number: 1, space: MATCHING_SPACE, table: MatchingTable },
  priced: { number: 2, space: MATCHING_SPACE, table: PricedTable },
  deadline: { number: 3, space: WINDOW_SPACE, table: DeadlineTable },
  completion: { number: 4, space: NO_SPACE, table: CompletionTable },
  flow: { number: 6, space: FLOW_SPACE, table: FlowTable },
  batched: { number: 7, space: BATCH_SPACE, table: BatchedTable },
  urgent: { number: 8, space: BATCH_SPACE, table: UrgentTable },
  oldest: { number: 9, space: BATCH_SPACE, table: OldestTable },
  partition: { number: 5, space: NO_SPACE, table: PartitionTable },
}

/** The numbers of a rule in memory. */
export interface RuleTable {
  readonly address: number
  /** The addresses of its arrays, by property of the rule. */
  readonly arrays: ReadonlyMap<string, number>
}

/** Copies the numbers of a rule into the arena. */
export function copyRule(arena: Arena, rule: DispatchRule): RuleTable {
  const { table } = RULES[rule.kind]
  const arrays = new Map<string, number>()
  for (const [name, value] of Object.entries(rule)) {
    if (value instanceof Float64Array) arrays.set(name, copyF64(arena, value))
  }
  const placed = { address: table ? reserveBytes(arena, table.size) : 0, arrays }
  writeNumbers(arena, rule, placed)
  return placed
}

/** Overwrites the numbers of a rule by those of another one of the same kind and size. */
export function rewriteRule(arena: Arena, rule: DispatchRule, placed: RuleTable): void {
  for (const [name, value] of Object.entries(rule)) {
    if (value instanceof Float64Array) viewF64(arena, placed.arrays.get(name)!, value.length).set(value)
  }
  writeNumbers(arena, rule, placed)
}

function writeNumbers(arena: Arena, rule: DispatchRule, { address, arrays }: RuleTable): void {
  const values = { ...rule, ...Object.fromEntries(arrays) }
  RULES[rule.kind].table?.write(arena.view, address, values as never)
}
