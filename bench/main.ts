/** `npm run bench -- [suite ...]`: the process around the command. */
import { constants } from 'node:os'
import { bench } from './command.ts'

// the reader has closed the pipe, as head does
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

// an exit ends the processes of a suite and removes its folder; a signal alone would not
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]))
}

process.exitCode = await bench(process.argv.slice(2), { out: console.log, error: console.error })
