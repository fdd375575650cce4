import { MAX_TYPES, valueText } from '../checks.ts'
import { refuseModel as refuse, refuseLarge } from '../errors.ts'

/** One kind of machine that can be rented. */
export interface InstanceType {
  readonly name: string
  /** Smallest and largest count, whole numbers; the smallest is 0 unless given. */
  readonly min?: number | undefined
  readonly max: number
  readonly pricePerHour: number
  /** Requests that an instance serves at the same time, each within the times of the latency table; 1 unless given. */
  readonly slots?: number | undefined
  /** Whether this is the base type of the closed form; if no type is marked, the first one is. */
  readonly base?: boolean | undefined
}

/** All configurations that may be rented: a box of counts, and a budget. */
export interface Space {
  readonly types: readonly InstanceType[]
  readonly budgetPerHour: number
}

/** Counts of instances in the order of `space.types`. */
export type Counts = readonly number[]

/** The number of configurations in the box, within the budget or not. */
export function sizeOf(space: Space): number {
  return space.types.reduce((size, { min = 0, max }) => size * (max - min + 1), 1)
}

/** The names of the types, in their order. */
export function typeNames(space: Space): string[] {
  return space.types.map((type) => type.name)
}

/** The most slots of an instance. */
export const MAX_SLOTS = 1024

/** @throws KairosError BAD_MODEL unless an instance of a type may have so many slots */
export function checkSlotCount(field: string, slots: number, type: string): void {
  if (Number.isInteger(slots) && slots >= 1 && slots <= MAX_SLOTS) return
  refuse(field, `is ${valueText(slots)} for ${type}`, `a whole number from 1 to ${MAX_SLOTS} is expected`)
}

/** The slots of an instance of each type. */
export function slotsOf(space: Space): number[] {
  return space.types.map(({ slots = 1 }) => slots)
}

/** The slots as an option: none where an instance of every type has one. */
export function slotsGiven(space: Space): { readonly slots?: readonly number[] } {
  const slots = slotsOf(space)
  return slots.some((count) => count > 1) ? { slots } : {}
}

/** The instance of each slot, where the slots of an instance follow each other. */
export function instanceOfSlots(counts: Counts, slots: readonly number[] | undefined): Int32Array {
  const each = counts.flatMap((count, t) => new Array<number>(count).fill(slots?.[t] ?? 1))
  return Int32Array.from(each.flatMap((count, instance) => new Array<number>(count).fill(instance)))
}

/** The slots of a configuration by type: n instances with s slots serve like n s instances with one. */
export function slotCounts(counts: Counts, slots: readonly number[] | undefined): Counts {
  return slots === undefined ? counts : counts.map((count, t) => count * slots[t])
}

/** The position of the base type. */
export function baseOf(space: Space): number {
  const marked = space.types.findIndex((type) => type.base)
  return marked < 0 ? 0 : marked
}

/**
 * By how much the cost of a configuration may exceed the budget, or the cost of a row that it dominates, dollars per
 * hour: three times $0.1 is 0.30000000000000004.
 */
export const COST_TOLERANCE = 1e-9

/** An upper bound on the rounding error of a sum of prices, as a share of it. */
const ROUNDING = 1e-12

/** The most that a configuration within the budget of a space costs, dollars per hour. */
export function costLimit({ budgetPerHour }: Pick<Space, 'budgetPerHour'>): number {
  return budgetPerHour + Math.max(COST_TOLERANCE, ROUNDING * budgetPerHour)
}

/** The smallest budget that has room for a cost, dollars per hour: a multiple of a millionth of a dollar. */
export function budgetFor(cost: number): number {
  return Math.ceil((cost - COST_TOLERANCE) * 1e6) / 1e6
}

/** Cost per hour, summed left to right as everywhere. */
export function costOf(space: Pick<Space, 'types'>, counts: Counts): number {
  let cost = 0
  for (let t = 0; t < counts.length; t++) cost += counts[t] * space.types[t].pricePerHour
  return cost
}

/** The order of configurations by their counts, those of the first type first. */
export function compareCounts(a: Counts, b: Counts): number {
  const t = a.findIndex((count, i) => count !== b[i])
  return t < 0 ? 0 : a[t] - b[t]
}

/** The smallest price, dollars per hour: costs are rounded to it. */
const SMALLEST_PRICE = 1e-6

/** A sum of prices to a millionth of a dollar, without rounding errors. */
export function dollars(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

/**
 * Checks a space. Every public function that takes one calls this.
 *
 * @throws KairosError BAD_MODEL with the field and the cure; TOO_LARGE beyond 2^53 configurations
 */
export function checkSpace(space: Space): void {
  const types = space?.types
  if (!Array.isArray(types))
    refuse('space', 'has no types', 'readSpace reads one, from a file or by its name')
  if (types.length < 1 || types.length > MAX_TYPES) {
    refuse('types', `the space has ${types.length} types`, `1 to ${MAX_TYPES} are possible`)
  }
  types.forEach((type, t) => {
    const { name, min = 0, max, pricePerHour, slots = 1 } = type ?? {}
    if (typeof name !== 'string')
      refuse(`types[${t}].name`, `is ${valueText(name)}`, 'the name of a type is expected')
    if (types.findIndex((other) => other.name === name) < t) {
      refuse(`types[${t}].name`, `"${name}" is listed twice`, 'list each type once')
    }
    for (const [field, count] of [
      ['min', min],
      ['max', max],
    ] as const) {
      if (!Number.isSafeInteger(count) || count < 0) {
        const cure = 'a whole number >= 0 is expected'
        refuse(`types[${t}].${field}`, `is ${valueText(count)} for ${name}`, cure)
      }
    }
    checkSlotCount(`types[${t}].slots`, slots, name)
    if (min > max) refuse(`types[${t}]`, `min ${min} is above max ${max} for ${name}`, 'swap or raise them')
    if (!(Number.isFinite(pricePerHour) && pricePerHour > 0)) {
      const cure = 'a price in dollars > 0 is expected'
      refuse(`types[${t}].pricePerHour`, `is ${valueText(pricePerHour)} for ${name}`, cure)
    }
    if (pricePerHour < SMALLEST_PRICE) {
      const cure =
        'prices are dollars per hour, from $0.000001 on: give all prices and the budget in a smaller unit of money'
      refuse(`types[${t}].pricePerHour`, `is ${pricePerHour} for ${name}`, cure)
    }
  })
  if (types.filter((type) => type.base).length > 1) {
    refuse('types', 'more than one type is marked as base', 'mark one, or none for the first')
  }
  if (!(Number.isFinite(space.budgetPerHour) && space.budgetPerHour > 0)) {
    const cure = 'a budget in dollars per hour > 0 is expected'
    refuse('budgetPerHour', `is ${valueText(space.budgetPerHour)}`, cure)
  }
  if (sizeOf(space) > Number.MAX_SAFE_INTEGER) {
    const cure = 'at most 2^53 can be numbered: lower a maximum or raise a minimum'
    refuseLarge('types', `the space has ${sizeOf(space).toExponential(1)} configurations`, cure)
  }
}

/** What the smallest counts leave of the budget, dollars per hour; less than 0 if they cost more. */
function afterMinima(space: Space): number {
  const spent = space.types.reduce((cost, { min = 0, pricePerHour }) => cost + min * pricePerHour, 0)
  return costLimit(space) - spent
}

/** The most instances that the budget of a space buys: the cheapest types first. */
export function mostInstances(space: Space): number {
  const { types } = space
  const least = types.reduce((sum, { min = 0 }) => sum + min, 0)
  let left = afterMinima(space)
  return types
    .toSorted((a, b) => a.pricePerHour - b.pricePerHour)
    .reduce((sum, { min = 0, max, pricePerHour }) => {
      const more = Math.max(0, Math.min(max - min, Math.floor(left / pricePerHour)))
      left -= more * pricePerHour
      return sum + more
    }, least)
}

/**
 * A space without the counts that no configuration within the budget has. It has the same configurations within the
 * budget, in the same order.
 *
 * @param kept counts that stay possible, whatever they cost
 */
export function affordableSpace(space: Space, kept?: Counts): Space {
  const left = Math.max(0, afterMinima(space) * (1 + ROUNDING))
  const types = space.types.map((type, t) => {
    const affordable = (type.min ?? 0) + Math.floor(left / type.pricePerHour)
    return { ...type, max: Math.min(type.max, Math.max(affordable, kept?.[t] ?? 0)) }
  })
  return { ...space, types }
}

/** The number of configurations within the budget; beyond `most`, any number above it. */
export function countAffordable(space: Space, most: number): number {
  // the cheapest type is last: its counts are not visited one by one
  const free = space.types.filter(({ min = 0, max }) => max > min)
  const types = free.toSorted((a, b) => b.pricePerHour - a.pricePerHour)
  let counted = 0
  const count = (t: number, left: number): void => {
    const { min = 0, max, pricePerHour } = types[t]
    const more = Math.min(max - min, Math.floor(left / pricePerHour))
    if (t === types.length - 1) counted += more + 1
    else for (let n = 0; n <= more && counted <= most; n++) count(t + 1, left - n * pricePerHour)
  }
  const left = afterMinima(space)
  if (left < 0) return 0
  if (types.length === 0) return 1
  count(0, left)
  return counted
}

/** The numbers of the types that have instances. */
export function typesInUse(counts: Counts): number[] {
  return Array.from(counts.keys()).filter((t) => counts[t] > 0)
}

/**
 * The types in use, for a bound over them.
 *
 * @throws KairosError TOO_LARGE for more types than bounds are computed for
 */
export function boundedTypes(counts: Counts): number[] {
  const used = typesInUse(counts)
  if (used.length <= MAX_TYPES) return used
  const cure = `bounds are computed for at most ${MAX_TYPES}: use fewer types`
  return refuseLarge('counts', `has instances of ${used.length} types`, cure)
}
