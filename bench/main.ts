/**
 * `npm run bench -- [suite ...] [--json FILE]`: runs the suites, prints what is measured side by side, says
 * which figures were reached, and can keep everything as JSON.
 */
import { accessSync, constants, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import { Argument, Command } from 'commander'
import { type Figure, grid, type SuiteResult } from './measure.ts'

const SUITES = ['process', 'lattice', 'fluid', 'search', 'assignment', 'replay', 'serve'] as const

/** Those that take long: only where they are named. */
const ON_REQUEST = ['policies'] as const

const command = new Command('npm run bench --')
  .description('Measures side by side, and says which figures were reached.')
  .addArgument(
    new Argument('[suite...]', 'all but policies, unless some are named').choices([...SUITES, ...ON_REQUEST]),
  )
  .option('--json <file>', 'keep everything, with the machine, the Node version and the date')
  .addHelpText('after', '\nAll take about seven minutes, serve four of them; policies takes six to ten more.')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse()
const { json } = command.opts<{ json?: string }>()
if (json !== undefined) {
  try {
    accessSync(dirname(json), constants.W_OK)
  } catch {
    command.error(`error: ${dirname(json)} is no folder that can be written to`)
  }
}

const results: SuiteResult[] = []
for (const name of command.args.length > 0 ? command.args : SUITES) {
  const { run } = await import(`./${name}.ts`)
  results.push(await run((text: string) => console.log(text)))
}
const figures = results.flatMap((result) => result.figures)
console.log(`Figures\n${grid(figures.map(figureLine))}`)
const machine = {
  schema: 1,
  node: process.version,
  machine: `${cpus().length} x ${cpus()[0].model}`,
  platform: `${process.platform} ${process.arch}`,
  date: new Date().toISOString(),
}
console.log(`${machine.machine}, ${machine.platform}, Node ${machine.node}, ${machine.date}`)
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ ...machine, results }, null, 2)}\n`)

function figureLine({ what, value, unit, reach }: Figure): string[] {
  const shown = `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`
  if (!reach) return [what, shown, '', '']
  const [goal, reached] =
    'atLeast' in reach
      ? [`>= ${reach.atLeast}`, value >= reach.atLeast]
      : [`<= ${reach.atMost}`, value <= reach.atMost]
  return [what, shown, goal, reached ? 'reached' : 'MISSED']
}
