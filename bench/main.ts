/** `npm run bench -- [suite ...]`: the process around the command. */
import { bench } from './command.ts'

// the reader has closed the pipe, as head does
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

process.exitCode = await bench(process.argv.slice(2), { out: console.log, error: console.error })
