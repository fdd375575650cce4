import { refuseUsage } from '../../model/errors.ts'
import { openQueue } from '../../queue/queue.ts'
import type { ReplayJobs } from '../../replay/jobs.ts'
import { tell } from '../output/terminal.ts'
import type { FlagRule } from './flag-rules.ts'

/** Rules of commands that use no threads of their own where a queue has workers. */
export const QUEUE_RULES: readonly FlagRule[] = [
  {
    flags: ['--threads'],
    beside: ['--queue'],
    cure: 'workers have their own --concurrency: leave --threads out',
  },
]

/** The queue that flags name, if they name one. @throws KairosError QUEUE */
export async function openAskedQueue(given: {
  readonly queue?: string
  readonly quiet?: boolean
}): Promise<ReplayJobs | undefined> {
  const { queue, quiet } = given
  return queue === undefined ? undefined : openQueue(queue, { onNote: (note) => tell(quiet, note) })
}

/** The URL of a queue. @throws KairosError BAD_USAGE where there is none */
export function requiredQueue(queue: string | undefined): string {
  if (queue !== undefined) return queue
  refuseUsage('queue', 'is missing', 'name it, as in redis://localhost:6379')
}
