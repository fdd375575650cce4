import { checkOneEach, valueText } from '../checks.ts'
import { placedAt, refuseModel } from '../errors.ts'
import type { LatencyTable } from '../workload/latency-table.ts'
import { checkSlotCount } from './space.ts'

/**
 * What is wrong with the slots of a type: its times were taken at another number of concurrent requests. Undefined if
 * nothing is, or if the table does not say at which concurrency it was taken.
 */
export function slotsFault(
  { types, concurrency }: Pick<LatencyTable, 'types' | 'concurrency'>,
  type: string,
  slots: number,
): { readonly problem: string; readonly cure: string } | undefined {
  const taken = concurrency?.[types.indexOf(type)] ?? 0
  if (taken === 0 || taken === slots) return undefined
  const problem = `is ${slots} for ${type}, whose latency table was taken at concurrency ${taken}`
  return {
    problem,
    cure: `give slots: ${taken}, or a table of ${type} that was taken at concurrency ${slots}`,
  }
}

/**
 * The slots of an instance of each type, checked: one number is that of all.
 *
 * @throws KairosError BAD_MODEL as `checkSlots`; for one number the field is `slots`, because no list was given
 */
export function slotsByType(
  latency: LatencyTable,
  types: readonly string[],
  slots: number | readonly number[],
): readonly number[] {
  if (typeof slots !== 'number') {
    checkSlots(latency, types, slots)
    return slots
  }
  const each = types.map(() => slots)
  placedAt({ field: 'slots' }, () => checkSlots(latency, types, each))
  return each
}

/**
 * Checks the slots of types, and that the times of each type were taken at as many concurrent requests.
 *
 * @param slots of an instance of each of `names`; 1 unless given
 * @throws KairosError BAD_MODEL with the position of the type
 */
export function checkSlots(
  latency: LatencyTable,
  names: readonly string[],
  slots: readonly number[] | undefined,
): void {
  if (slots !== undefined) {
    if (!Array.isArray(slots))
      refuseModel('slots', `is ${valueText(slots)}`, 'one number for each type is expected')
    checkOneEach('slots', slots, names)
  }
  names.forEach((name, t) => {
    const count = slots === undefined ? 1 : slots[t]
    checkSlotCount(`slots[${t}]`, count, name)
    const fault = slotsFault(latency, name, count)
    if (fault) refuseModel(`types[${t}].slots`, fault.problem, fault.cure)
  })
}
