import { Option } from 'commander'
import { readWorkload } from '../../files/documents/workload.ts'
import { placedAt } from '../../model/errors.ts'
import { extrapolateTable } from '../../model/workload/extrapolate-table.ts'
import { largestBin } from '../../model/workload/latency-table.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { tell } from '../output/terminal.ts'
import { wholeNumber } from './parse.ts'
import { askedOf, DEFAULT_MODEL, type WorkloadFlags } from './question.ts'

export interface RouteWorkloadFlags extends Omit<WorkloadFlags, 'workload'> {
  readonly workload?: readonly string[]
  readonly extrapolateTo?: number
}

export const extrapolateTo = () =>
  new Option(
    '--extrapolate-to <size>',
    'serve batches beyond the largest bin, up to this size, by extrapolated times (default: they are refused)',
  ).argParser(wholeNumber(1, 2 ** 31 - 1))

/** The workloads of a router, with the target that flags set. */
export async function readWorkloads(given: RouteWorkloadFlags): Promise<Workload[]> {
  const { workload, model } = given
  const workloads: Workload[] = []
  for (const name of workload ?? [model ?? DEFAULT_MODEL]) {
    const asked = askedOf(given, await readWorkload(name, { onNote: (note) => tell(false, note) }))
    workloads.push({ ...asked, latency: latencyOf(asked, given.extrapolateTo) })
  }
  return workloads
}

/** The latency table, extrapolated where batches beyond it are to be served; a note is printed then. */
function latencyOf({ model, latency }: Workload, largest: number | undefined): Workload['latency'] {
  if (largest === undefined) return latency
  const longer = placedAt({ field: '--extrapolate-to' }, () => extrapolateTable(latency, largest))
  tell(false, `${model}: times of batches above ${largestBin(latency)}, up to ${largest}, are extrapolated`)
  return longer
}
