import type { Command } from 'commander'
import { queueStatus } from '../../queue/status.ts'
import { jsonText } from '../../report/json.ts'
import { queueStatusText } from '../../report/replay/queue-status.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { requiredQueue } from '../input/queue.ts'
import { show, wantsColor } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm queue status --queue redis://10.0.0.5:6379
  kairos-wasm queue status --queue redis://10.0.0.5:6379 --format json

Jobs belong to a version of the engine, and only workers of that version take them: jobs of a version without workers wait.
A job that throws is tried three times, and one whose worker dies is given to another. "failed" are jobs that no worker could
do. The command that collects them names them; run it again to try them again.`

interface StatusFlags {
  readonly queue?: string
  readonly format: 'table' | 'json'
  readonly color: boolean
}

export function define(command: Command): void {
  flags.addFlags(
    command,
    flags.queue('the queue, such as redis://host:6379'),
    flags.format('table', 'json'),
    flags.common(),
  )
  runWith(command, status)
}

async function status({ queue, format, color }: StatusFlags): Promise<void> {
  const found = await queueStatus(requiredQueue(queue))
  await show([format === 'json' ? jsonText(found) : queueStatusText(found, wantsColor(color))])
}
