import { KairosError } from '../../model/errors.ts'
import type { DispatcherSetup } from '../dispatch-contract.ts'
import type { DispatchRule } from '../rules.ts'
import { type Arena, reserveBytes } from './arena.ts'
import { copyRule, FLOW_SPACE, MATCHING_SPACE, RULES, type RuleTable, rewriteRule } from './rule-table.ts'

export type RuleKind = DispatchRule['kind']

/** What assembly/ exports of the memory of a rule. */
export interface RuleExports {
  workBytes(space: number, types: number, bins: number, instances: number): number
  queueNodesBytes(queries: number): number
}

/** The work space of a rule, and for how many instances it is. */
export interface Work {
  readonly room: number
  readonly address: number
}

/** Every rule that has decided keeps its memory, so that a fleet may go back and forth between two. */
export interface RuleMemory {
  /** Writes the numbers of a rule, and tells where they are. */
  table(rule: DispatchRule): RuleTable
  /** The work space of a rule for so many instances; that of a matching may be for more. */
  work(rule: RuleKind, room: number): Work
  /** The address of the nodes of so many queries; 0 where the rule keeps none. */
  nodes(rule: RuleKind, room: number): number
}

/** The most instances in a work space of a matching: 1.7 GB, at 25 bytes for each pair. Twice as many exceed 4 GB. */
const MOST_ROOM_OF_MATCHING = 8192

export function createRuleMemory(
  kernel: RuleExports,
  arena: Arena,
  { types, bins, meanMs }: DispatcherSetup,
): RuleMemory {
  const tables = new Map<RuleKind, RuleTable>()
  const works = new Map<RuleKind, Work>()
  let nodes = { room: 0, address: 0 }
  return {
    table(rule) {
      const known = tables.get(rule.kind)
      if (known) {
        rewriteRule(arena, rule, meanMs, known)
        return known
      }
      const table = copyRule(arena, rule, meanMs)
      tables.set(rule.kind, table)
      return table
    },
    work(rule, room) {
      const known = works.get(rule)
      if (known !== undefined && (isMatching(rule) ? known.room >= room : known.room === room)) return known
      if (isMatching(rule) && room > MOST_ROOM_OF_MATCHING) {
        const cure = `a policy that matches takes at most ${MOST_ROOM_OF_MATCHING}`
        throw new KairosError('TOO_LARGE', 'are too many', { field: 'instances' }, cure)
      }
      const bytes = kernel.workBytes(RULES[rule].space, types, bins, room)
      const work = { room, address: reserveBytes(arena, bytes) }
      works.set(rule, work)
      return work
    },
    nodes(rule, room) {
      if (RULES[rule].space !== FLOW_SPACE) return 0
      if (nodes.address === 0 || nodes.room !== room)
        nodes = { room, address: reserveBytes(arena, kernel.queueNodesBytes(room)) }
      return nodes.address
    },
  }
}

export function isMatching(rule: RuleKind): boolean {
  return RULES[rule].space === MATCHING_SPACE
}
