/**
 * `npm run reproduce`: the comparison of the paper. Measures with fixed seeds, writes the results
 * (`reproduce.json`) and two pictures, and puts the tables into docs/reproduction.md.
 *
 *   npm run reproduce                              ten minutes: bench/figures and docs/reproduction.md
 *   npm run reproduce -- --quick --out results     less than a minute, far less exact: only a folder
 */
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { type ArrivalProcess, readSpace } from '../src/index.ts'
import { renderSvg } from '../src/report/plots/plot.ts'
import { compare } from './reproduce/comparison.ts'
import { picturesOf } from './reproduce/figures.ts'
import { compareSearches } from './reproduce/searches.ts'
import { type Reproduction, tablesOf, withTables } from './reproduce/tables.ts'
import { machine } from './run-file.ts'
import { MODELS } from './workloads.ts'

const command = new Command('npm run reproduce --')
  .description('The comparison of the paper: tables and pictures, in ten minutes, into docs/reproduction.md.')
  .option('--quick', 'less than a minute, far less exact; needs --out')
  .option('--out <dir>', 'a folder for the results; docs/reproduction.md is not changed')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse()
const { quick, out } = command.opts<{ quick?: true; out?: string }>()
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = out ?? join(root, 'bench/figures')
if (quick && out === undefined) {
  command.error(
    'error: --quick is too coarse for docs/reproduction.md: name a folder for its results by --out',
  )
}
// before minutes are spent on measuring
try {
  mkdirSync(folder, { recursive: true })
  accessSync(folder, constants.W_OK)
} catch (error) {
  command.error(`error: the results cannot be written: ${(error as Error).message}`)
}

const SIZE = quick ? { queries: 1000, repeats: 2 } : { queries: 20_000, repeats: 5 }
const SEEDS = quick ? 3 : 20
const models = quick ? MODELS.slice(3) : MODELS

const started = performance.now()
const progress = (line: string) => {
  console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${line}`)
}

const space = await readSpace('hpdc23')
const comparisons: Reproduction['comparisons'][number][] = []
for (const arrivals of ['poisson', 'integer-gaps'] satisfies ArrivalProcess[]) {
  for (const model of models) {
    const found = await compare(model, space, arrivals, SIZE)
    comparisons.push(found)
    const seconds = (found.searchMs / 1000).toFixed(1)
    progress(`${model}, ${arrivals}: ${found.best} in ${seconds} s and ${found.evaluations} evaluations`)
  }
}
const searches: Reproduction['searches'][number][] = []
for (const model of models) {
  const found = await compareSearches(model, space, SIZE, SEEDS)
  searches.push(found)
  const same = found.confirmed ? 'the same winner as the verified search' : 'THE VERIFIED SEARCH DISAGREES'
  progress(`${model}: every configuration measured, ${same}; ${SEEDS} searches of each kind`)
}
const run: Reproduction = {
  schema: 1,
  machine: machine(),
  node: process.version,
  date: new Date().toISOString(),
  ...SIZE,
  seeds: SEEDS,
  budgetPerHour: space.budgetPerHour,
  comparisons,
  searches,
}

for (const [file, picture] of Object.entries(picturesOf(run))) {
  writeFileSync(join(folder, file), await renderSvg(picture))
}
writeFileSync(join(folder, 'reproduce.json'), `${JSON.stringify(run, null, 1)}\n`)
if (out === undefined) {
  const file = join(root, 'docs/reproduction.md')
  writeFileSync(file, withTables(readFileSync(file, 'utf8'), run))
}
console.log(tablesOf(run))
if (searches.some(({ confirmed }) => !confirmed)) process.exitCode = 1
