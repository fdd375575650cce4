import { readMix } from '../../files/tables/mix.ts'
import type { Mix } from '../../model/workload/workload.ts'
import { readNamedWorkload } from './question.ts'

export interface MixFlags {
  readonly workload?: string
  readonly model?: string
  readonly mix?: string
}

/** The mix that flags name: the mix of a file, of a workload, or of the default workload. */
export async function readNamedMix(given: MixFlags): Promise<Mix> {
  return given.mix === undefined ? (await readNamedWorkload(given)).mix : readMix(given.mix)
}
