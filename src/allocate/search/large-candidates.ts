/**
 * Candidates for large fleets: of hundreds of instances one more or less changes the bound by less than a replay
 * resolves, so the highest bounds belong to millions of configurations that measure nearly the same. What may measure
 * differently is far from the best one: the ends of its plateau, and configurations of other types.
 */
import { costOf, countsAt, numberOf } from '../../kernel/lattice.ts'
import { type Counts, dollars } from '../../model/fleet/space.ts'
import { RESOLUTION } from '../../replay/largest-rate.ts'
import { heap } from '../cheapest/node-heap.ts'
import { climb } from '../select/climb.ts'
import type { FluidSpace } from '../select/lattice.ts'
import { plateauEnds } from '../select/plateau.ts'
import { relax } from '../select/relaxation.ts'
import type { SelectSetting } from '../select/setting.ts'
import type { Ordered } from './candidates.ts'

/** A space with some types left out. */
interface TypeSet {
  readonly space: FluidSpace
  /** Types before this one are not left out, so that each set is reached in one way. */
  readonly next: number
}

/**
 * The configuration with the highest bound; the ends of its plateau, where types are exchanged until the bound falls by
 * the resolution of a replay; the best of each set of types, the set with the highest fractional bound first. The
 * remaining bound is that of all of these that follow. If they are fewer than `rows`, others near the best follow.
 */
export async function* candidatesOfLarge(
  space: FluidSpace,
  setting: SelectSetting,
  rows: number,
): AsyncGenerator<Ordered> {
  const { here, signal } = setting
  const open = heap<TypeSet>()
  const offer = (set: TypeSet) => {
    const { ceiling } = relax(here, set.space)
    // without a ceiling no configuration of the set keeps the percentile
    if (ceiling < Infinity) open.push(-ceiling, set)
  }
  offer({ space, next: 0 })
  const given = new Set<number>()
  const orderedOf = function* (counts: Counts, bound: number, remaining: number): Generator<Ordered> {
    const number = numberOf(space.lattice, counts)
    if (given.has(number)) return
    given.add(number)
    const costPerHour = dollars(costOf(space.lattice, counts))
    yield { candidate: { counts, costPerHour, bound }, remainingBound: Math.max(bound, remaining) }
  }
  for (let set = open.pop(); set; set = open.pop()) {
    signal?.throwIfAborted()
    for (const smaller of subsetsOf(set)) offer(smaller)
    const { lattice } = set.space
    for (const { number, bound } of (await climb(set.space, 1, true, setting)).slice(0, 1)) {
      const isFirst = given.size === 0
      const counts = countsAt(lattice, number)
      yield* orderedOf(counts, bound, -open.least)
      if (!isFirst) continue
      const ends = plateauEnds(here, space, counts, (1 - RESOLUTION) * bound)
      for (const end of ends) yield* orderedOf(end.counts, end.bound, bound)
    }
  }
  if (given.size >= rows) return
  for (const { number, bound } of await climb(space, rows, true, setting)) {
    yield* orderedOf(countsAt(space.lattice, number), bound, 0)
  }
}

/** A set of types without one more of them, for each that may be left out. */
function subsetsOf({ space, next }: TypeSet): TypeSet[] {
  const { min, size } = space.lattice
  return Array.from(size.keys())
    .filter((t) => t >= next && min[t] === 0 && size[t] > 1)
    .map((t) => ({ space: without(space, t), next: t + 1 }))
}

function without({ lattice, program, size }: FluidSpace, type: number): FluidSpace {
  const sizes = lattice.size.map((count, t) => (t === type ? 1 : count))
  return { lattice: { ...lattice, size: sizes }, program, size: size / lattice.size[type] }
}
