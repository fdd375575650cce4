import { explainRouting } from '../bound/explain.ts'
import { spaceProgram } from '../bound/fluid.ts'
import type { KernelName } from '../kernel/contract.ts'
import { sharedKernel } from '../kernel/shared.ts'
import { valueText } from '../model/checks.ts'
import { refuseUsage } from '../model/errors.ts'
import { type Counts, checkSpace, type Space, typeNames } from '../model/fleet/space.ts'
import type { Explanation } from '../model/results/explanation.ts'
import type { Workload } from '../model/workload/workload.ts'

/**
 * The routing and the prices behind the fluid bound of one configuration, within the budget or not: which batch
 * sizes go to which type, what an additional instance of each type gains, and how many queries are late.
 *
 * @param counts instances of each type, in the order of `space.types`
 * @throws KairosError BAD_USAGE for counts that are no configuration, BAD_MODEL for an unusable space
 */
export function explainConfiguration(
  workload: Workload,
  space: Space,
  counts: Counts,
  kernel: KernelName = 'wasm',
): Explanation {
  checkSpace(space)
  const names = typeNames(space)
  // a hole is a count that is missing
  const whole =
    Array.isArray(counts) && Array.from(counts).every((count) => Number.isSafeInteger(count) && count >= 0)
  if (!whole || counts.length !== names.length || counts.every((count) => count === 0)) {
    const cure = `give a whole number for each of ${names.join(', ')}, one of them above 0`
    refuseUsage('counts', `${valueText(counts)} is no configuration`, cure)
  }
  return explainRouting(sharedKernel(kernel), spaceProgram(workload, space), workload, space, counts)
}
