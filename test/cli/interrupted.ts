import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { CLI, type Outcome } from './kairos.ts'

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
  const child = spawn(process.execPath, [CLI, ...args])
  const closed = once(child, 'close')
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      said[stream] += text
    })
  }
  await setTimeout(afterMs)
  child.kill('SIGINT')
  const [status] = await closed
  // null: ended by the signal itself, because the command had not started
  return status === null || !wasAtWork() ? interrupted(args, wasAtWork, 2 * afterMs) : { status, ...said }
}
