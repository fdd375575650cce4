import { setTimeout } from 'node:timers/promises'
import { background } from './background.ts'
import type { Outcome } from './kairos.ts'

/**
 * Runs a command that takes minutes, and ends it by Ctrl-C while it is at work.
 *
 * @param wasAtWork whether it had come as far as the test needs; tried again later otherwise
 */
export async function interrupted(
  args: readonly string[],
  wasAtWork: () => boolean = () => true,
  afterMs = 500,
): Promise<Outcome> {
  const command = background(args, '.')
  await setTimeout(afterMs)
  const status = await command.end()
  const { stdout, stderr } = command
  // null: ended by the signal itself, because the command had not started
  return status === null || !wasAtWork()
    ? interrupted(args, wasAtWork, 2 * afterMs)
    : { status, stdout, stderr }
}
