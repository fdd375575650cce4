/**
 * The one vocabulary of flags. A command takes the flags it needs from here, so that a flag means the same
 * everywhere.
 */
import { InvalidArgumentError, Option } from 'commander'
import { ARRIVAL_PROCESSES } from '../../model/arrivals.ts'
import { BOUNDS } from '../../model/bounds.ts'
import { SERVICES, type Service } from '../../model/service.ts'
import { MAX_QUERIES } from '../../model/trace.ts'
import { parseCounts } from './counts-flag.ts'
import { wholeNumber } from './whole-number.ts'

export { wholeNumber }

export const workload = () =>
  new Option('-w, --workload <file>', 'workload file (JSON or YAML), or the name of a shipped one')

export const model = () => new Option('--model <name>', 'a shipped workload: rm2, ncf, wnd, mtwnd, dien')

export const space = () =>
  new Option(
    '-s, --space <file>',
    'space file (JSON or YAML), or the name of a shipped one (default: hpdc23 for a shipped workload)',
  )

export const budget = (meaning = 'budget per hour, instead of the one of the space') =>
  new Option('--budget <dollars>', meaning).argParser(positive('a number of dollars per hour > 0'))

export const qosMs = (meaning = 'latency target, instead of the one of the workload') =>
  new Option('--qos-ms <ms>', meaning).argParser(positive('a number of milliseconds > 0'))

export const percentile = (meaning = 'share of queries inside the target, instead of the workload’s') =>
  new Option('--percentile <percent>', meaning).argParser(between(50, 100))

export const bound = () =>
  new Option(
    '--bound <name>',
    'the bound that ranks (default: fluid; closed-form with --profile or --format hpdc23)',
  ).choices([...BOUNDS])

export const targetQps = () =>
  new Option(
    '--target-qps <rate>',
    'the cheapest configurations that reach this many queries a second',
  ).argParser(positive('a number of queries a second > 0'))

export const timeLimit = () =>
  new Option('--time-limit <seconds>', 'end a search after that long, with what is known by then').argParser(
    positive('a number of seconds > 0'),
  )

export const explain = () =>
  new Option(
    '--explain <counts>',
    'explain one configuration: g4dn.xlarge=1,r5n.large=13, or 1,0,13,0 in the order of the space',
  ).argParser(parseCounts)

export const configuration = (order = '') =>
  new Option(
    '--counts <counts>',
    `the configuration: g4dn.xlarge=2,r5n.large=9; or 2,0,9,0 in the order of the space${order}; or a file of counts by type (the published config.json)`,
  ).argParser(parseCounts)

export const types = () =>
  new Option(
    '-s, --space <file>',
    'a space: its types are counted, in its order (default: the types of the latency table)',
  )

export const policies = () =>
  new Option('--policy <names>', 'policies, separated by commas')
    .default(['priced'], 'priced')
    .argParser((text) => text.split(',').map((name) => name.trim()))

export const policy = () => new Option('--policy <name>', 'which query goes to which instance')

export const service = (fallback?: Service) => {
  const meaning = 'how long queries take: their mean, or drawn from the quantiles'
  const option = new Option('--service <name>', meaning).choices([...SERVICES])
  return fallback === undefined ? option : option.default(fallback)
}

export const queries = (meaning: string) =>
  new Option('--queries <count>', meaning).argParser(wholeNumber(1, MAX_QUERIES))

export const repeats = () =>
  new Option('--repeats <count>', 'repetitions, each with a seed of its own').argParser(
    wholeNumber(1, 10_000),
  )

export const log = () =>
  new Option(
    '--log <file>',
    'remember replays in a file: a second run, or one after a run that was ended, goes on from there',
  )

export const topN = () =>
  new Option('-n, --top-n <count>', 'how many rows')
    .default(20)
    .argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER))

export const threads = () =>
  new Option('--threads <count>', 'threads for large work (default: all of the machine)').argParser(
    wholeNumber(1, 1024),
  )

export const kernel = () =>
  new Option('--kernel <name>', 'wasm, or the readable fallback')
    .choices(['wasm', 'fallback'])
    .default('wasm')

export const format = (...formats: string[]) =>
  new Option('--format <name>', 'what stdout gets').choices(formats).default(formats[0])

export const out = () =>
  new Option('--out <dir>', 'save the result and the effective configuration in a folder as well')

export const quiet = () => new Option('-q, --quiet', 'nothing on stderr but errors')

export const noColor = () => new Option('--no-color', 'plain text (NO_COLOR is respected too)')

export const config = () =>
  new Option(
    '-c, --config <file>',
    'flags from a JSON or YAML file, such as a saved config.json; flags given here win',
  )

// for traces and what is drawn at random

export const arrivals = (meaning = 'how queries arrive') =>
  new Option('--arrivals <process>', meaning).choices(ARRIVAL_PROCESSES)

export const cv = () =>
  new Option('--cv <number>', 'coefficient of variation of gamma gaps: bursts above 1').argParser(
    between(0.01, 100),
  )

export const rate = (meaning = 'queries per second') =>
  new Option('--rate <qps>', meaning).argParser(positive('a number of queries per second > 0'))

export const seed = () =>
  new Option('--seed <number>', 'start of what is drawn at random: the same seed, the same result')
    .default(1)
    .argParser(wholeNumber(0, 2 ** 32 - 1))

export const mix = () => new Option('--mix <file>', 'a mix of batch sizes (CSV), instead of the workload’s')

export const outFile = () => new Option('--out <file>', 'a file instead of stdout')

export const svg = () => new Option('--svg <file>', 'save a picture of the result as well')

// for live servers

export const host = () => new Option('--host <address>', 'where to listen').default('127.0.0.1')

export const timeoutMs = () =>
  new Option('--timeout-ms <ms>', 'how long a server may take for a request')
    .default(60_000)
    .argParser(positive('a number of milliseconds > 0'))

export const tlsCert = () => new Option('--tls-cert <file>', 'certificate of this server (PEM): TLS')

export const tlsKey = () => new Option('--tls-key <file>', 'its key (PEM)')

export const tlsClientCa = () =>
  new Option('--tls-client-ca <file>', 'who signs certificates of clients (PEM): mutual TLS')

export const tlsCa = () =>
  new Option('--tls-ca <file>', 'who signs certificates of servers (PEM; "system" for the known ones): TLS')

export const tlsServerName = () =>
  new Option('--tls-server-name <name>', 'whom the certificates of servers are for, where not their address')

export const clientCert = () =>
  new Option('--client-cert <file>', 'certificate to show to servers (PEM): mutual TLS')

export const clientKey = () => new Option('--client-key <file>', 'its key (PEM)')

export function positive(expected: string): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value
    throw new InvalidArgumentError(`Expected ${expected}.`)
  }
}

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() !== '' && value >= least && value <= most) return value
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`)
  }
}

/** Words separated by commas, each of them one of `choices`. */
export function listOf<Choice extends string>(choices: readonly Choice[]): (text: string) => Choice[] {
  return (text) =>
    text.split(',').map((word) => {
      const choice = choices.find((candidate) => candidate === word.trim())
      if (choice !== undefined) return choice
      throw new InvalidArgumentError(`Expected ${choices.join(', ')}, separated by commas.`)
    })
}
