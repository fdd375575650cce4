import { type Command, Option } from 'commander'
import { counted } from '../../model/counted.ts'
import { cleanQueue } from '../../queue/status.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { positive } from '../input/parse.ts'
import { requiredQueue } from '../input/queue.ts'
import { show, tell } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm queue clean --queue redis://10.0.0.5:6379                   results and failed jobs
  kairos-wasm queue clean --queue redis://10.0.0.5:6379 --older-than 24   those of yesterday and before
  kairos-wasm queue clean --queue redis://10.0.0.5:6379 --all             everything, jobs that wait and run included

A result that was removed is computed again when it is asked for. Results are removed automatically after seven days.`

interface CleanFlags {
  readonly queue?: string
  readonly olderThan?: number
  readonly all?: boolean
  readonly quiet?: boolean
}

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.queue('the queue, such as redis://host:6379'),
    new Option('--older-than <hours>', 'only what is at least this old').argParser(
      positive('a number of hours > 0'),
    ),
    new Option('--all', 'everything, jobs that wait and run included'),
    flags.common(),
  )
  runWith(command, clean, { rules: [{ flags: ['--all'], beside: ['--older-than'] }] })
}

async function clean({ queue, olderThan, all, quiet }: CleanFlags): Promise<void> {
  const { done, failed, unfinished, contents } = await cleanQueue(requiredQueue(queue), {
    all,
    olderThanHours: olderThan,
    onNote: (note) => tell(quiet, note),
  })
  const parts = [counted(done, 'result'), counted(failed, 'failed job')]
  if (all) parts.push(counted(unfinished, 'unfinished job'))
  parts.push(counted(contents, 'workload or trace', 'workloads and traces'))
  await show([`removed ${parts.join(', ')}\n`])
}
