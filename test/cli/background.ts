import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { CLI } from './kairos.ts'

/** A command that runs until it is told to stop; the test ends it at the latest. */
export interface Background {
  readonly child: ChildProcess
  /** Everything that it has said so far. */
  readonly stdout: string
  readonly stderr: string
  /** Waits until stdout or stderr match. */
  says(pattern: RegExp): Promise<void>
  /** Sends a signal and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/** @param program the command by default; another one with its arguments otherwise */
export function background(args: readonly string[], cwd: string, program = CLI): Background {
  const isScript = program.endsWith('.js')
  const child = isScript
    ? spawn(process.execPath, [program, ...args], { cwd })
    : spawn(program, args, { cwd })
  const closed = once(child, 'close')
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text) => {
      said[stream] += text
      child.emit('said')
    })
  }
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await closed
  })
  return {
    child,
    get stdout() {
      return said.stdout
    },
    get stderr() {
      return said.stderr
    },
    async says(pattern) {
      while (!pattern.test(said.stdout) && !pattern.test(said.stderr)) {
        const end = child.exitCode ?? child.signalCode
        if (end !== null) throw new Error(`ended with ${end}: ${said.stderr}`)
        await Promise.race([once(child, 'said'), closed])
      }
    },
    async end(signal = 'SIGINT') {
      child.kill(signal)
      const [status] = await closed
      return status
    },
  }
}
