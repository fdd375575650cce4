/** Questions about shipped workloads. */
import { DEFAULT_ROWS } from '../report/page/question.ts'
import type { EngineCalls } from './protocol.ts'
import { hasSameTables, type State } from './state.ts'

/** Reads a shipped workload with its space. */
export type ReadShipped = (name: string) => Promise<EngineCalls['shipped']['result']>

/** The question about a shipped workload in its own space. */
export async function shippedState(name: string, read: ReadShipped, topN = DEFAULT_ROWS): Promise<State> {
  const { workload, space } = await read(name)
  return { workload, space, topN, shipped: name, givenSpace: space }
}

/** Marks the question of a report as shipped if its table and mix are those of a shipped workload. */
export async function recognised(
  asked: State,
  shippedNames: readonly string[],
  read: ReadShipped,
): Promise<State> {
  const { model } = asked.workload
  if (!shippedNames.includes(model)) return asked
  const { workload, space } = await read(model)
  return hasSameTables(asked.workload, workload) ? { ...asked, shipped: model, givenSpace: space } : asked
}
