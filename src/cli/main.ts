import { readFileSync } from 'node:fs'
import { type Command, CommanderError } from 'commander'
import { diskError, isOfLostFolder, isOutOfFiles } from '../files/io/disk-error.ts'
import { provideHost } from '../kernel/host.ts'
import { KairosError, refuseUsage } from '../model/errors.ts'
import { packageFile } from '../model/package-files.ts'
import { nodeHost } from '../workers/node-host.ts'
import { BAD_INPUT, DONE, FAILED, FAILURES } from './output/exit-status.ts'
import { prepareOutputs } from './output/output-files.ts'
import { interruptedStatus, loseTerminal } from './output/signals.ts'
import { loseReader } from './output/terminal.ts'
import { programFor } from './program.ts'

const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8'))

provideHost(nodeHost)

/** Runs the command of this process. */
export async function main(): Promise<void> {
  // warnings about deprecated functions in libraries are not for users of a command
  process.noDeprecation = true
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const isClosed = error.code === 'EIO' && process.stdout.isTTY
    if (isClosed) loseTerminal()
    // the reader has closed the pipe, as head does
    if (isClosed || error.code === 'EPIPE') return loseReader()
    const { message } = diskError(error, 'stdout') as Error
    process.stderr.write(`kairos-wasm: ${message}\n`)
    process.exit(FAILED)
  })
  // work goes on where stderr cannot be written; the exit status still tells the outcome
  process.stderr.on('error', () => undefined)
  await run(process.argv.slice(2))
}

/** Runs a command. Its exit status becomes that of the process. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    const program = await programFor(args, version)
    program.hook('preAction', async (_, command) => {
      refuseEmptyValues(command)
      // a configuration file may name other outputs: runWith prepares all once it is read
      if (command.options.some((option) => option.attributeName() === 'config')) return
      await prepareOutputs(command)
    })
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    const isOfDisk = isOfLostFolder(error) || isOutOfFiles(error)
    process.exitCode = statusOf(isOfDisk ? diskError(error, error.path ?? '') : error)
  }
}

function refuseEmptyValues(command: Command): void {
  const empty = command.processedArgs.findIndex((value) => [value].flat().includes(''))
  if (empty >= 0) {
    const field = command.registeredArguments[empty].name()
    refuseUsage(field, 'is empty', 'give it a value')
  }
  for (const option of command.options) {
    if (command.getOptionValue(option.attributeName()) !== '') continue
    const field = option.long ?? option.flags
    refuseUsage(field, 'is empty', 'give it a value, or leave it out')
  }
}

function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : BAD_INPUT
  if (error instanceof KairosError) {
    process.stderr.write(`kairos-wasm: ${error.message}\n`)
    if (error.code === 'ABORTED') return interruptedStatus()
    return FAILURES.includes(error.code) ? FAILED : BAD_INPUT
  }
  process.stderr.write(`kairos-wasm: ${error instanceof Error ? error.stack : error}\n`)
  return FAILED
}
