import { readMix } from '../../files/tables/mix.ts'
import { KairosError } from '../../model/errors.ts'
import type { Mix } from '../../model/workload/workload.ts'
import { readNamedWorkload } from './question.ts'

export interface MixFlags {
  readonly workload?: string
  readonly model?: string
  readonly mix?: string
}

/** The mix that flags name: the mix of a file, of a workload, or of the default workload. */
export async function readNamedMix(given: MixFlags): Promise<Mix> {
  if (given.mix === undefined) return (await readNamedWorkload(given)).mix
  const other = given.workload === undefined ? given.model && '--model' : '--workload'
  if (other === undefined) return readMix(given.mix)
  throw new KairosError('BAD_USAGE', `--mix and ${other} name a mix each`, {}, 'leave one out')
}
