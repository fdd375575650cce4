/** `npm run bench -- [suite ...]`: the process around the command. */
import { bench } from './command.ts'

process.exitCode = await bench(process.argv.slice(2), { out: console.log, error: console.error })
