/**
 * The command `npm run bench`: runs the suites, prints what they measure side by side, and compares the
 * figures with their goals and, on request, the run with an earlier one.
 */
import { accessSync, constants, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Argument, Command, CommanderError } from 'commander'
import { compareRuns, FLOOR, unlike } from './compare.ts'
import { type Figure, grid, type SuiteResult } from './measure.ts'
import { type Run, readRun, runOf } from './run-file.ts'

const SUITES = [
  'process',
  'lattice',
  'fluid',
  'batching',
  'search',
  'cheapest',
  'assignment',
  'replay',
  'plan',
  'serve',
  'proxies',
] as const

/** Suites that take long, or need a browser: they run only if they are named. */
const ON_REQUEST = [
  'policies',
  'light-load',
  'decisions',
  'shards',
  'parts',
  'queue',
  'idle',
  'batching-live',
  'fleet',
  'web',
  'slots',
  'soak',
  'exhaustive',
  'batching-limit',
] as const

const HELP = `
All suites take about twelve minutes, serve and batching four each and proxies two and a half of them; policies takes six to ten
more, decisions two, light-load one, shards, parts, idle, batching-live and fleet one each at most, queue two, slots three, exhaustive
three, batching-limit ten seconds, and soak thirteen (SOAK_MINUTES=1 shortens it).

Noise, for --compare: a timing is a regression if its median and its fastest sample are both slower than before
by more than the noise, which is the larger of ${100 * FLOOR}% and the spread (interquartile range over median) of its samples
in either run. Figures with a goal that are measured several times are compared in the same way. The kernel is
compared, not the fallback and other packages. Runs of another machine, platform or Node version, or without one
of the suites, are refused.

Exit status: 0 every goal reached and no regression; 1 a goal missed, or a regression; 2 wrong usage.`

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
    .addArgument(
      new Argument('[suite...]', `all but ${ON_REQUEST.join(' and ')}, unless some are named`).choices([
        ...SUITES,
        ...ON_REQUEST,
      ]),
    )
    .option('--json <file>', 'save everything, with the machine, the Node version and the date')
    .option('--compare <file>', 'compare with an earlier run that --json saved')
    .option('--from <file>', 'measure nothing: take the results from a run that --json saved')
    .addHelpText('after', HELP)
    .configureOutput({ writeOut: (text) => out(text.trimEnd()), writeErr: (text) => error(text.trimEnd()) })
    .exitOverride()
    .parse(args, { from: 'user' })
  return { command, named: command.args.length > 0 ? command.args : undefined, ...command.opts<Flags>() }
}

async function compareWithGoals(asked: Asked, { out, error }: Streams): Promise<number> {
  const { command, named = SUITES, json, compare, from } = asked
  if (json !== undefined) {
    try {
      accessSync(dirname(json), constants.W_OK)
    } catch {
      command.error(`error: ${dirname(json)} is not a folder that can be written to`)
    }
  }
  const earlier = compare === undefined ? undefined : readOrRefuse(compare, command)
  const saved = from === undefined ? undefined : chosen(readOrRefuse(from, command), asked)
  // checked before minutes are spent on measuring
  if (earlier) {
    const reason = unlike(saved ?? runOf(named.map(emptyResult)), earlier)
    if (reason) command.error(`error: ${compare} cannot be compared: ${reason}`)
  }

  const run = saved ?? runOf(await measureAll(named, out))
  const figures = run.results.flatMap((result) => result.figures)
  if (figures.length > 0) out(`Figures\n${grid(figures.map(figureLine))}`)
  out(`${run.machine}, ${run.platform}, Node ${run.node}, ${run.date}`)
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(run, null, 2)}\n`)
  const missed = figures.filter((figure) => !isReached(figure))
  for (const { what } of missed) error(`goal missed: ${what}`)
  if (!earlier) return missed.length > 0 ? 1 : 0
  const { text, regressions } = compareRuns(run, earlier)
  out(text)
  return missed.length > 0 || regressions > 0 ? 1 : 0
}

async function measureAll(suites: readonly string[], print: (text: string) => void): Promise<SuiteResult[]> {
  const { provideHost } = await import('../src/kernel/host.ts')
  const { nodeHost } = await import('../src/workers/node-host.ts')
  provideHost(nodeHost)
  const results: SuiteResult[] = []
  for (const name of suites) {
    const suite = await import(`./suites/${name}.ts`)
    results.push(await suite.run(print))
  }
  return results
}

function emptyResult(suite: string): SuiteResult {
  return { suite, timings: [], figures: [] }
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

/** Three significant digits, without an exponent. */
function short(value: number): number {
  return Number(value.toPrecision(3))
}

function figureLine(figure: Figure): string[] {
  const { what, value, unit, goal } = figure
  const shown = `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`
  if (!goal) return [what, shown, '', '']
  const wanted = 'atLeast' in goal ? `>= ${short(goal.atLeast)}` : `<= ${short(goal.atMost)}`
  return [what, shown, wanted, isReached(figure) ? 'reached' : 'MISSED']
}
