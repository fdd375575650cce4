import type { Command } from 'commander'
import { addCommands, type ListedCommand } from '../listed-command.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm queue status --queue redis://10.0.0.5:6379
  kairos-wasm queue clean --queue redis://10.0.0.5:6379 --older-than 24`

const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'status',
    description: 'show jobs and workers by version, and why jobs failed',
    load: () => import('./queue-status.ts'),
  },
  {
    name: 'clean',
    description: 'remove jobs that are done or failed, and what they shared',
    load: () => import('./queue-clean.ts'),
  },
]

export async function define(command: Command, args: readonly string[]): Promise<void> {
  await addCommands(command, COMMANDS, args)
}
