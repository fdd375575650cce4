import { counted } from '../../model/counted.ts'
import type { QueueStatus } from '../../model/results/queue-status.ts'
import { inColumns, styles } from '../columns.ts'
import { formatCount } from '../numbers.ts'

/** The state of a queue for a terminal. */
export function queueStatusText(status: QueueStatus, color: boolean): string {
  const { bold, dim } = styles(color)
  const { server, version, versions, contents, memoryBytes, memoryPolicy } = status
  const mebibytes = (memoryBytes / 2 ** 20).toFixed(1)
  const shared = counted(contents, 'workload or trace', 'workloads and traces')
  const about = `${shared}, ${mebibytes} MiB, maxmemory-policy ${memoryPolicy}`
  const header = ['version', 'workers', 'waiting', 'running', 'retrying', 'failed', 'done']
  const lines = versions.map(({ version, workers, waiting, running, retrying, failed, done }) => [
    version,
    ...[workers, waiting, running, retrying, failed, done].map(formatCount),
  ])
  const notes = versions.flatMap((each) => {
    const open = each.waiting + each.retrying
    const alone =
      open > 0 && each.workers === 0
        ? [`${counted(open, 'job waits', 'jobs wait')} for a worker of ${each.version}`]
        : []
    return [...alone, ...each.failures.map(({ job, reason }) => `failed: ${job}: ${reason}`)]
  })
  return [
    bold(server),
    dim(`${about}; this is version ${version}`),
    '',
    versions.length > 0 ? inColumns([header.map(bold), ...lines]) : 'no jobs\n',
    ...notes.map((note) => `${note}\n`),
  ].join('\n')
}
