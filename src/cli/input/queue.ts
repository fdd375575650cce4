import { KairosError } from '../../model/errors.ts'
import { openQueue } from '../../queue/queue.ts'
import type { ReplayJobs } from '../../replay/jobs.ts'
import { tell } from '../output/terminal.ts'

/** The queue that flags name, if they name one. @throws KairosError BAD_USAGE, QUEUE */
export async function openAskedQueue(given: {
  readonly queue?: string
  readonly log?: string
  readonly quiet?: boolean
}): Promise<ReplayJobs | undefined> {
  const { queue, log, quiet } = given
  if (queue === undefined) return undefined
  if (log !== undefined) {
    const cure = 'a queue remembers replays by itself: leave --log out'
    throw new KairosError('BAD_USAGE', '--log does not go with --queue', {}, cure)
  }
  return openQueue(queue, { onNote: (note) => tell(quiet, note) })
}

/** The URL of a queue. @throws KairosError BAD_USAGE where there is none */
export function requiredQueue(queue: string | undefined): string {
  if (queue !== undefined) return queue
  throw new KairosError(
    'BAD_USAGE',
    'is missing',
    { field: 'queue' },
    'name it, as in redis://localhost:6379',
  )
}
