/** The question after files were dropped, about the state of that moment: it was edited while they were read. */
import type { InstanceType, Space, Workload } from '../core.ts'
import { counted } from '../model/counted.ts'
import { slotsFault } from '../model/fleet/concurrency.ts'
import { sizeOf } from '../model/fleet/space.ts'
import { checkBatching } from '../model/workload/batching.ts'
import type { Dropped } from './protocol.ts'
import type { State } from './state.ts'

/** The price of a type that is in no catalog, dollars an hour: the page says that it is to be set. */
const UNKNOWN_PRICE = 1

/** The most instances of a type of a new table; fewer if so many types would make the space too large. */
const MOST_INSTANCES = 10

/** @returns the question, and what was derived or left out, a sentence each without its full stop */
export function withDropped(state: State, dropped: Dropped): { state: State; notes: readonly string[] } {
  const { table, mix, prices = {} } = dropped
  const notes = [...dropped.notes]
  const given = { ...(dropped.workload ?? state.workload), ...table, ...(mix && { mix }) }
  const workload = table ? withoutUnfitBatching(given, notes) : given
  const isOwn = (dropped.workload ?? table ?? mix) !== undefined
  const hasTypes = (dropped.workload ?? table) !== undefined
  const space = dropped.space ?? (hasTypes ? spaceFor(workload, state.space, prices, notes) : state.space)
  return {
    state: { ...state, ...(isOwn && { shipped: undefined }), workload, space, counts: undefined },
    notes,
  }
}

function withoutUnfitBatching(workload: Workload, notes: string[]): Workload {
  const { batching, ...rest } = workload
  if (batching === undefined) return workload
  try {
    checkBatching(batching, workload.latency)
    return workload
  } catch {
    notes.push('The batching of the earlier workload does not fit the new table and is left out')
    return rest
  }
}

/** The types of a new table: those of the space, or each with up to ten instances and its price of the catalog. */
function spaceFor(
  { latency }: Workload,
  space: Space,
  prices: Readonly<Record<string, number>>,
  notes: string[],
): Space {
  const known = new Map(space.types.map((type) => [type.name, type]))
  const added = latency.types.filter((name) => !known.has(name))
  if (space.types.every(({ name }) => latency.types.includes(name))) {
    if (added.length > 0)
      notes.push(`The space does not have ${added.join(', ')}: add a space to rank them too`)
    return withMeasuredSlots(space, latency, notes)
  }
  const typesWith = (most: number) =>
    latency.types.map((name): InstanceType => {
      const pricePerHour = prices[name] ?? UNKNOWN_PRICE
      return known.get(name) ?? { name, min: 0, max: most, pricePerHour }
    })
  const isTooLarge = (types: InstanceType[]) => sizeOf({ ...space, types }) > Number.MAX_SAFE_INTEGER
  let most = MOST_INSTANCES
  while (most > 1 && isTooLarge(typesWith(most))) most--
  const types = typesWith(most)
  const unpriced = added.filter((name) => !(name in prices))
  if (unpriced.length > 0)
    notes.push(
      `Set the price of ${unpriced.join(', ')}: the catalog has none, and $${UNKNOWN_PRICE} an hour is assumed`,
    )
  const base = types.findIndex((type) => type.base)
  const based = types.map((type, t) => ({ ...type, base: t === Math.max(base, 0) }))
  return withMeasuredSlots({ ...space, types: based }, latency, notes)
}

/**
 * The space with the slots at which the times of its types were taken: others are refused, and the page has no field
 * for slots.
 */
function withMeasuredSlots(space: Space, latency: Workload['latency'], notes: string[]): Space {
  const types = space.types.map((type): InstanceType => {
    if (!slotsFault(latency, type.name, type.slots ?? 1)) return type
    const slots = latency.concurrency![latency.types.indexOf(type.name)]
    notes.push(`${type.name} has ${counted(slots, 'slot')}: its times were taken at that concurrency`)
    return { ...type, slots }
  })
  return types.some((type, t) => type !== space.types[t]) ? { ...space, types } : space
}
