import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished, vi } from 'vitest'

/** The command as a user runs it: the built one, in a process of its own. */
export const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Outcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export function kairos(args: readonly string[], cwd?: string): Promise<Outcome> {
  return outcomeOf(spawn(process.execPath, [CLI, ...args], { cwd }))
}

/** As `kairos`, with a reader that closes the output when it has read some of it. */
export function kairosReadOnce(args: readonly string[], cwd?: string): Promise<Outcome> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd })
  child.stdout.once('data', () => child.stdout.destroy())
  return outcomeOf(child)
}

function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text
    })
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}

/** The arguments, after the pairs of flag and value among `defaults` whose flag is not in them. */
export function withDefaults(defaults: readonly string[], args: readonly string[]): string[] {
  return [...defaults.filter((_, i) => !args.includes(defaults[i - (i % 2)])), ...args]
}

/** Where commands run unless a test says otherwise. */
const START = process.cwd()

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs the built command in this process, where node and the code are loaded already; one at a time. Not for commands
 * that start servers or that wait for signals, and not to show that a process ends.
 */
export function kairosHere(args: readonly string[], cwd = START): Promise<Outcome> {
  const outcome = last.then(() => runHere(args, cwd))
  last = outcome.catch(() => undefined)
  return outcome
}

/** Ends with the command that was begun last. */
let last: Promise<unknown> = Promise.resolve()

async function runHere(args: readonly string[], cwd: string): Promise<Outcome> {
  const built = '../../dist/chunks/main.js'
  const { run } = (await import(built)) as typeof import('../../src/cli/main.ts')
  const [folder, exitCode] = [process.cwd(), process.exitCode]
  const listeners = SIGNALS.map((name) => process.listeners(name))
  const written = { stdout: '', stderr: '' }
  const streams = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += chunk
      return true
    }),
  )
  process.chdir(cwd)
  process.exitCode = undefined
  try {
    await run(args)
    return { status: Number(process.exitCode ?? 0), ...written }
  } finally {
    process.chdir(folder)
    process.exitCode = exitCode
    for (const stream of streams) stream.mockRestore()
    for (const [i, name] of SIGNALS.entries()) {
      const added = process.listeners(name).filter((listener) => !listeners[i].includes(listener))
      for (const listener of added) process.off(name, listener)
    }
  }
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
