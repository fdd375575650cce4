/**
 * The command `npm run bench`: runs the suites, prints what they measure side by side, and compares the
 * figures with their goals and, on request, the run with an earlier one.
 */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Command, CommanderError } from 'commander'
import { compareRuns, FLOOR, unlike } from './compare.ts'
import { type Figure, grid, type SuiteResult } from './measure.ts'
import { type Run, readRun, runOf } from './run-file.ts'
import { SUITES } from './suites.ts'

const DEFAULTS = Object.keys(SUITES).filter((name) => !SUITES[name].onRequest)

const HELP = `
Suites, and about how long each takes; those with * run only if they are named:
${grid(
  Object.entries(SUITES).map(([name, { what, takes, onRequest }]) => [
    onRequest ? `${name} *` : name,
    takes,
    what,
  ]),
  [0, 2],
)}
Noise, for --compare: a timing is a regression if its median and its fastest sample are both slower than before
by more than the noise, which is the larger of ${100 * FLOOR}% and the spread (interquartile range over median) of its samples
in either run. Figures with a goal that are measured several times are compared in the same way. The kernel is
compared, not the fallback and other packages. Runs of another machine, platform or Node version, or without one
of the suites, are refused.

Exit status: 0 every goal reached and no regression; 1 a goal missed, a regression, or a suite that failed; 2 wrong usage.`

/** Where the command writes: lines, without their ends. */
export interface Streams {
  out(lines: string): void
  error(lines: string): void
}

/**
 * Runs the command.
 *
 * @returns the exit status
 */
export async function bench(args: readonly string[], streams: Streams): Promise<number> {
  try {
    return await compareWithGoals(readCommand(args, streams), streams)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
}

interface Flags {
  readonly json?: string
  readonly compare?: string
  readonly from?: string
}

/** What is asked for, and the command that refuses it by its method `error`. */
interface Asked extends Flags {
  readonly command: Command
  readonly named: readonly string[] | undefined
}

function readCommand(args: readonly string[], { out, error }: Streams): Asked {
  const command = new Command('npm run bench --')
    .description('Measures side by side, and compares the figures with their goals.')
    .argument('[suite...]', 'suites of the list below (default: all without *)')
    .option('--json <file>', 'save everything, with the machine, the Node version and the date')
    .option('--compare <file>', 'compare with an earlier run that --json saved')
    .option('--from <file>', 'measure nothing: take the results from a run that --json saved')
    .addHelpText('after', HELP)
    .configureOutput({ writeOut: (text) => out(text.trimEnd()), writeErr: (text) => error(text.trimEnd()) })
    .exitOverride()
    .parse(args, { from: 'user' })
  const named = [...new Set(command.args)]
  const unknown = named.find((name) => !Object.hasOwn(SUITES, name))
  if (unknown !== undefined) {
    command.error(`error: there is no suite ${unknown}; there are ${Object.keys(SUITES).join(', ')}`)
  }
  return { command, named: named.length > 0 ? named : undefined, ...command.opts<Flags>() }
}

async function compareWithGoals(asked: Asked, { out, error }: Streams): Promise<number> {
  const { command, named = DEFAULTS, json, compare, from } = asked
  if (json !== undefined) refuseUnwritable(json, command)
  const earlier = compare === undefined ? undefined : readOrRefuse(compare, command)
  const saved = from === undefined ? undefined : chosen(readOrRefuse(from, command), asked)
  // checked before minutes are spent on measuring
  if (earlier) {
    const reason = unlike(saved ?? runOf(named.map(emptyResult)), earlier)
    if (reason) command.error(`error: ${compare} cannot be compared: ${reason}`)
  }
  const elsewhere = named.filter((name) => SUITES[name].linux)
  if (!saved && process.platform !== 'linux' && elsewhere.length > 0) {
    command.error(`error: ${elsewhere.join(', ')} need /proc of Linux: name other suites`)
  }

  const { results, failed } = saved ? { ...saved, failed: 0 } : await measureAll(named, { out, error })
  const run = saved ?? runOf(results)
  const figures = run.results.flatMap((result) => result.figures)
  if (figures.length > 0) out(`Figures\n${grid(figures.map(figureLine))}`)
  out(`${run.machine}, ${run.platform}, Node ${run.node}, ${run.date}`)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(run, null, 2)}\n`)
  const missed = figures.filter((figure) => !isReached(figure))
  for (const { what } of missed) error(`goal missed: ${what}`)
  const { text, regressions } = earlier ? compareRuns(run, earlier) : { text: '', regressions: 0 }
  if (earlier) out(text)
  return failed + missed.length + regressions > 0 ? 1 : 0
}

/** The results of the suites, but for those that fail: what the others have measured is kept. */
async function measureAll(
  suites: readonly string[],
  { out, error }: Streams,
): Promise<{ results: SuiteResult[]; failed: number }> {
  const { provideHost } = await import('../src/kernel/host.ts')
  const { nodeHost } = await import('../src/workers/node-host.ts')
  provideHost(nodeHost)
  const results: SuiteResult[] = []
  for (const name of suites) {
    try {
      const suite = await import(`./suites/${name}.ts`)
      results.push(await suite.run(out))
    } catch (cause) {
      error(`suite ${name} failed: ${cause instanceof Error ? cause.stack : cause}`)
    }
  }
  return { results, failed: suites.length - results.length }
}

function emptyResult(suite: string): SuiteResult {
  return { suite, timings: [], figures: [] }
}

function refuseUnwritable(file: string, command: Command): void {
  const folder = dirname(file)
  const writable = (path: string) => {
    try {
      accessSync(path, constants.W_OK)
      return true
    } catch {
      return false
    }
  }
  if (!writable(folder)) command.error(`error: ${folder} is not a folder that can be written to`)
  const there = statSync(file, { throwIfNoEntry: false })
  if (there && !(there.isFile() && writable(file))) {
    command.error(`error: ${file} is not a file that can be written to`)
  }
}

function readOrRefuse(file: string, command: Command): Run {
  try {
    return readRun(file)
  } catch (error) {
    return command.error(`error: ${(error as Error).message}`)
  }
}

/** A saved run, or those of its suites that are named. */
function chosen(all: Run, { command, named, from }: Asked): Run {
  if (!named) return all
  const absent = named.find((name) => all.results.every(({ suite }) => suite !== name))
  if (absent) command.error(`error: suite ${absent} is not in ${from}`)
  return { ...all, results: all.results.filter(({ suite }) => named.includes(suite)) }
}

function isReached({ value, goal }: Figure): boolean {
  if (!goal) return true
  return 'atLeast' in goal ? value >= goal.atLeast : value <= goal.atMost
}

function figureLine(figure: Figure): string[] {
  const { what, unit, goal } = figure
  const shown = `${digitsOf(figure)} ${unit}`
  if (!goal) return [what, shown, '', '']
  const wanted = 'atLeast' in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`
  return [what, shown, wanted, isReached(figure) ? 'reached' : 'MISSED']
}

/** Three significant digits, or as many more as show on which side of its goal the value is. */
function digitsOf(figure: Figure): string {
  const { value } = figure
  let shown = ''
  for (let digits = 3; digits <= 17; digits++) {
    shown = Math.abs(value) >= 10 ** digits ? value.toFixed(0) : value.toPrecision(digits)
    if (isReached({ ...figure, value: Number(shown) }) === isReached(figure)) break
  }
  return shown
}
