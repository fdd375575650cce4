/** How far the counts of a configuration may move while its bound hardly falls. */
import { fluidBoundsOf } from '../../bound/fluid.ts'
import type { Kernel, Lattice } from '../../kernel/contract.ts'
import { costOf } from '../../kernel/lattice.ts'
import type { Counts } from '../../model/fleet/space.ts'
import type { FluidSpace } from './lattice.ts'

/**
 * For each pair of types: the configuration with the most instances of one in exchange for the other whose bound is not
 * below `floor`. Where an exchange costs less than it frees, the rest of the budget remains.
 */
export function plateauEnds(
  kernel: Kernel,
  { lattice, program }: FluidSpace,
  counts: Counts,
  floor: number,
): { readonly counts: Counts; readonly bound: number }[] {
  const boundOf = (n: Counts) => fluidBoundsOf(kernel, program, [n]).bound[0]
  const ends: { counts: Counts; bound: number }[] = []
  for (const from of counts.keys()) {
    for (const to of counts.keys()) {
      if (from === to) continue
      let end: { counts: Counts; bound: number } | undefined
      let [low, high] = [0, counts[from] - lattice.min[from] + 1]
      while (high - low > 1) {
        const given = (low + high) >> 1
        const moved = exchanged(lattice, counts, { from, to, given })
        const bound = moved ? boundOf(moved) : 0
        if (moved && bound >= floor) {
          low = given
          end = { counts: moved, bound }
        } else high = given
      }
      if (end) ends.push(end)
    }
  }
  return ends
}

/** Counts with `given` instances of one type less, and as many more of another as fit the budget; undefined if none. */
function exchanged(
  lattice: Lattice,
  counts: Counts,
  { from, to, given }: { readonly from: number; readonly to: number; readonly given: number },
): Counts | undefined {
  const { min, size, price, budget } = lattice
  const moved = [...counts]
  moved[from] -= given
  const room = min[to] + size[to] - 1 - moved[to]
  let taken = Math.min(room, Math.floor((budget - costOf(lattice, moved)) / price[to]))
  // the sum of costs is rounded
  while (taken > 0 && costOf(lattice, moved.with(to, moved[to] + taken)) > budget) taken--
  return taken > 0 ? moved.with(to, moved[to] + taken) : undefined
}
