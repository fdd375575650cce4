import { numberOf } from '../kernel/lattice.ts'
import { valueText } from '../model/checks.ts'
import { refuseModel, refuseUsage } from '../model/errors.ts'
import type { MeasuredThroughput } from '../model/fleet/plan.ts'
import type { Space } from '../model/fleet/space.ts'
import { countRanges } from './lattice.ts'

/**
 * The throughput that replays allow each configuration, from its bound and from what was measured. A measured
 * configuration has its own figure, which may be 0. Any other has its bound times the smallest share of the bound that
 * a measured configuration sustained, of those that sustained anything. No figure exceeds the bound: a measurement may
 * do so within its error.
 *
 * @param bounds of the counts 0 to max, row-major, the last type fastest
 * @throws KairosError BAD_MODEL where no measurement is within the space and above 0; BAD_USAGE for one that is no rate
 */
export function allowableOfLattice(
  bounds: Float64Array,
  { types }: Space,
  measured: readonly MeasuredThroughput[],
): Float64Array {
  const ranges = countRanges(types)
  const own = new Map<number, number>()
  let smallestShare = Infinity
  const isList: boolean = Array.isArray(measured) && measured.every((each) => each?.counts?.length >= 0)
  if (!isList) {
    const cure = 'a list of { counts, allowableQps } is expected'
    refuseUsage('measured', 'is no list of measured configurations', cure)
  }
  for (const [i, { counts, allowableQps }] of measured.entries()) {
    if (!Array.from(counts).every((count) => Number.isSafeInteger(count) && count >= 0)) {
      const cure = 'a whole number >= 0 of each type is expected'
      refuseUsage(`measured[${i}].counts`, `is ${valueText(counts)}`, cure)
    }
    if (typeof allowableQps !== 'number' || !(allowableQps >= 0)) {
      const cure = 'a number of queries per second >= 0 is expected'
      refuseUsage(`measured[${i}].allowableQps`, `is ${valueText(allowableQps)}`, cure)
    }
    if (counts.length !== types.length || counts.some((count, t) => count > types[t].max)) continue
    const position = numberOf(ranges, counts)
    const allowable = Math.min(allowableQps, bounds[position])
    own.set(position, allowable)
    if (allowable > 0) smallestShare = Math.min(smallestShare, allowable / bounds[position])
  }
  if (smallestShare === Infinity) {
    const cure = 'measure configurations of this space, with kairos-wasm search or kairos-wasm capacity'
    refuseModel('allowable', 'has no configuration of the space that sustains a rate', cure)
  }
  return bounds.map((bound, position) => own.get(position) ?? bound * smallestShare)
}
