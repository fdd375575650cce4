/**
 * `npm run bench -- [suite ...] [--json FILE]`: runs the suites, prints what is measured side by side, says
 * which figures were reached, and can keep everything as JSON.
 */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type Figure, grid, type SuiteResult } from './measure.ts'

const SUITES = ['process', 'lattice', 'fluid', 'search', 'assignment', 'replay', 'serve'] as const

/** Those that take long: only where they are named. */
const ON_REQUEST = ['policies'] as const

const known: readonly string[] = [...SUITES, ...ON_REQUEST]

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } })
const unknown = positionals.find((name) => !known.includes(name))
if (unknown !== undefined) {
  console.error(`There is no suite "${unknown}"; there are ${known.join(', ')}.`)
  process.exit(2)
}

const results: SuiteResult[] = []
for (const name of positionals.length > 0 ? positionals : SUITES) {
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
if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...machine, results }, null, 2)}\n`)

function figureLine({ what, value, unit, reach }: Figure): string[] {
  const shown = `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`
  if (!reach) return [what, shown, '', '']
  const [goal, reached] =
    'atLeast' in reach
      ? [`>= ${reach.atLeast}`, value >= reach.atLeast]
      : [`<= ${reach.atMost}`, value <= reach.atMost]
  return [what, shown, goal, reached ? 'reached' : 'MISSED']
}
