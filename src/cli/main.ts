#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { diskError } from '../files/io/disk-error.ts'
import { provideHost } from '../kernel/host.ts'
import { type ErrorCode, KairosError } from '../model/errors.ts'
import { nodeHost } from '../workers/node-host.ts'
import { allocateCommand } from './commands/allocate.ts'
import { capacityCommand } from './commands/capacity.ts'
import { catalogCommand } from './commands/catalog.ts'
import { distributeCommand } from './commands/distribute.ts'
import { emulateCommand } from './commands/emulate.ts'
import { importCommand } from './commands/import.ts'
import { initCommand } from './commands/init.ts'
import { measureCommand } from './commands/measure.ts'
import { planCommand } from './commands/plan.ts'
import { profileCommand } from './commands/profile.ts'
import { replayCommand } from './commands/replay.ts'
import { routeCommand } from './commands/route.ts'
import { schemaCommand } from './commands/schema.ts'
import { searchCommand } from './commands/search.ts'
import { traceCommand } from './commands/trace.ts'

provideHost(nodeHost)

const DONE = 0
const FAILED = 1
const BAD_INPUT = 2
const INTERRUPTED = 130

/** What is not the fault of who asked. */
const FAILURES: ReadonlySet<ErrorCode> = new Set(['KERNEL', 'SERVER', 'DISK'])

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const program = new Command('kairos')
  .description(
    'Which machines to rent for a machine-learning service, and which query goes to which machine.',
  )
  .version(version)
  .showSuggestionAfterError()
  .showHelpAfterError('(add --help for flags and examples)')
  .exitOverride()
  .addCommand(initCommand())
  .addCommand(allocateCommand())
  .addCommand(searchCommand())
  .addCommand(planCommand())
  .addCommand(profileCommand())
  .addCommand(traceCommand())
  .addCommand(replayCommand())
  .addCommand(capacityCommand())
  .addCommand(importCommand())
  .addCommand(catalogCommand())
  .addCommand(emulateCommand())
  .addCommand(distributeCommand())
  .addCommand(routeCommand())
  .addCommand(measureCommand())
  .addCommand(schemaCommand())
  .addHelpText(
    'after',
    '\nExit status: 0 done, 1 failed, 2 wrong usage or input, 3 nothing feasible, 130 interrupted.',
  )

inheritSettings(program)

// those of libraries are nothing to whoever runs a command
process.noDeprecation = true

program.hook('preAction', (_, command) => {
  for (const option of command.options) {
    if (command.getOptionValue(option.attributeName()) !== '') continue
    const field = option.long ?? option.flags
    throw new KairosError('BAD_USAGE', 'is empty', { field }, 'give it a value, or leave it out')
  }
})

// whoever reads may stop early, as head does
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(DONE)
    const { message } = diskError(error, stream === process.stdout ? 'stdout' : 'stderr') as Error
    if (stream === process.stdout) process.stderr.write(`kairos: ${message}\n`)
    process.exit(FAILED)
  })
}

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = statusOf(error)
}

function inheritSettings(parent: Command): void {
  for (const command of parent.commands) inheritSettings(command.copyInheritedSettings(parent))
}

function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : BAD_INPUT
  if (error instanceof KairosError) {
    process.stderr.write(`kairos: ${error.message}\n`)
    if (error.code === 'ABORTED') return INTERRUPTED
    return FAILURES.has(error.code) ? FAILED : BAD_INPUT
  }
  process.stderr.write(`kairos: ${error instanceof Error ? error.stack : error}\n`)
  return FAILED
}
