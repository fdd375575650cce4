import type { DispatchRule } from '../rules.ts'
import { batched } from './rules/batched.ts'
import { completion } from './rules/completion.ts'
import { deadline } from './rules/deadline.ts'
import { fcfs } from './rules/fcfs.ts'
import { flow } from './rules/flow.ts'
import { matching } from './rules/matching.ts'
import { oldest } from './rules/oldest.ts'
import { partition } from './rules/partition.ts'
import { priced } from './rules/priced.ts'
import { urgent } from './rules/urgent.ts'
import type { Pair, Scene } from './scene.ts'

/** The registry of rules: a line for each. A rule returns what it starts, each query and each instance at most once. */
const RULES: { [Kind in DispatchRule['kind']]: (rule: RuleOf<Kind>, scene: Scene) => Pair[] } = {
  fcfs,
  matching,
  priced,
  flow,
  deadline,
  completion,
  partition,
  oldest,
  urgent,
  batched,
}

type RuleOf<Kind> = Extract<DispatchRule, { kind: Kind }>

export function startsOf<Kind extends DispatchRule['kind']>(rule: RuleOf<Kind>, scene: Scene): Pair[] {
  return RULES[rule.kind as Kind](rule, scene)
}
