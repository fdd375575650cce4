/**
 * The one vocabulary of flags. A command takes its flags from here, so that a flag means the same everywhere.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { BOUNDS } from '../../model/bounds.ts'
import { MOST_THREADS } from '../../model/checks.ts'
import { MAX_QUERIES } from '../../model/trace/trace.ts'
import { ARRIVAL_PROCESSES } from '../../model/workload/arrivals.ts'
import { SERVICES, type Service } from '../../model/workload/service.ts'
import { AUTO } from '../../replay/length.ts'
import { DEFAULT_ROWS } from '../../report/page/question.ts'
import { parseCounts } from './counts-flag.ts'
import { between, percent, positive, wholeNumber, wholeNumberOr, wholeNumbers } from './parse.ts'
import { parseSeconds } from './times.ts'

const MOST_SEED = 2 ** 32 - 1

/** Adds flags to a command, in the order of its help. */
export function addFlags(command: Command, ...flags: (Option | readonly Option[])[]): Command {
  for (const flag of flags.flat()) command.addOption(flag)
  return command
}

// what is asked

export const workload = () =>
  new Option('-w, --workload <file>', 'workload file (JSON or YAML), or the name of a shipped one')

/** The names of the shipped workloads, the default first. */
export const SHIPPED_MODELS: readonly string[] = ['rm2', 'ncf', 'wnd', 'mtwnd', 'dien']

export const model = () => new Option('--model <name>', `a shipped workload: ${SHIPPED_MODELS.join(', ')}`)

export const space = () =>
  new Option(
    '-s, --space <file>',
    'space file (JSON or YAML), or the name of a shipped one (default: hpdc23 for a shipped workload)',
  )

export const budget = (meaning = 'budget per hour, instead of the budget of the space') =>
  new Option('--budget <dollars>', meaning).argParser(positive('a number of dollars per hour > 0'))

const catalog = () =>
  new Option(
    '--catalog <file>',
    'prices per hour from a catalog (kairos-wasm catalog), instead of those of the space',
  )

export const qosMs = (meaning = 'latency target, instead of the target of the workload') =>
  new Option('--qos-ms <ms>', meaning).argParser(positive('a number of milliseconds > 0'))

export const percentile = (meaning = 'share of queries within the target, instead of that of the workload') =>
  new Option('--percentile <percent>', meaning).argParser(percent(50))

export const batching = () => [
  new Option('--batching', 'instances serve several queries as one batch (default: as the workload says)'),
  new Option('--no-batching', 'instances serve one query at a time'),
  new Option(
    '--max-batch <size>',
    'the largest batch, a batch size of the latency table; implies --batching',
  ).argParser(positive('a batch size > 0')),
]

export const target = () => [workload(), model(), qosMs(), percentile()]

/** The workload, the space, and their limits. */
export const question = () => [workload(), model(), space(), catalog(), budget(), qosMs(), percentile()]

export const bound = () =>
  new Option(
    '--bound <name>',
    'the bound that ranks (default: fluid; closed-form with --profile or --format hpdc23)',
  ).choices([...BOUNDS])

export const targetQps = (
  meaning = 'the cheapest configurations whose upper bound is at least this many queries per second; --verify measures them',
) => new Option('--target-qps <rate>', meaning).argParser(positive('a number of queries per second > 0'))

export const spare = () =>
  new Option(
    '--spare <count>',
    'with --target-qps: still reach it after any <count> instances are lost, up to 8',
  ).argParser(wholeNumber(0, 8))

export const timeLimit = () =>
  new Option(
    '--time-limit <seconds>',
    'end after this time, such as 60 or 5min, with the best result so far and the gap that remains (as Ctrl-C does)',
  ).argParser(parseSeconds)

export const explain = () =>
  new Option(
    '--explain <counts>',
    'explain one configuration: g4dn.xlarge=1,r5n.large=13, or 1,0,13,0 in the order of the space',
  ).argParser(parseCounts)

export const configuration = () =>
  new Option(
    '--counts <counts>',
    'the configuration: g4dn.xlarge=2,r5n.large=9; or 2,0,9,0 in the order of the space; or a file of counts by type (the published config.json)',
  ).argParser(parseCounts)

export const types = () =>
  new Option(
    '-s, --space <file>',
    'the space whose types --counts lists, in its order (default: the types of the latency table)',
  )

// how it is measured

/** The names of POLICIES, in its order: a flag does not load that module. */
const POLICY_NAMES = 'priced, kairos, threshold, deadline, shortest-completion, power-of-two, triton, fcfs'

/** Policies to compare, and what the help says of those that are compared `otherwise`. */
export const somePolicies = (otherwise = '') =>
  new Option('--policy <names>', `policies, separated by commas, of ${POLICY_NAMES}${otherwise}`).argParser(
    (text) => text.split(',').map((name) => name.trim()),
  )

export const policies = () => somePolicies().default(['priced'], 'priced')

export const policy = () =>
  new Option('--policy <name>', `which query goes to which instance: one of ${POLICY_NAMES}`)

export const service = (fallback?: Service) => {
  const meaning = 'service times: the mean of each bin, or sampled from its quantiles'
  const option = new Option('--service <name>', meaning).choices([...SERVICES])
  return fallback === undefined ? option : option.default(fallback)
}

export const queries = (meaning: string) =>
  new Option('--queries <count>', meaning).argParser(wholeNumber(1, MAX_QUERIES))

/** Queries of a repetition; `auto` lets them grow with the fleet. */
export const repetitionQueries = () =>
  new Option(
    '--queries <count>',
    'queries of a repetition; auto: as many as arrive in 100 times the target, at least 20,000 (more above the 99.9th percentile) and at most 200,000',
  ).argParser(wholeNumberOr(AUTO, 1, MAX_QUERIES))

export const repeats = () =>
  new Option('--repeats <count>', 'repetitions, each with its own seed').argParser(wholeNumber(1, 10_000))

export const arrivals = (meaning = 'the arrival process') =>
  new Option('--arrivals <process>', meaning).choices(ARRIVAL_PROCESSES)

export const cv = () =>
  new Option(
    '--cv <number>',
    'coefficient of variation of gamma gaps; above 1 arrivals come in bursts',
  ).argParser(between(0.01, 100))

export const rate = (meaning = 'queries per second') =>
  new Option('--rate <qps>', meaning).argParser(positive('a number of queries per second > 0'))

/** The seed, without a default. */
export const seedOption = () =>
  new Option('--seed <number>', 'seed of all random draws: the same seed, the same result').argParser(
    wholeNumber(0, MOST_SEED),
  )

export const seed = () => seedOption().default(1)

/** Several seeds, each for a replay of its own. */
export const seeds = () =>
  new Option(
    '--seeds <numbers>',
    'seeds, separated by commas, instead of --seed: a replay with each',
  ).argParser(wholeNumbers(0, MOST_SEED))

export const trace = () => new Option('--trace <file>', 'the trace to run: arrival_ms,batch_size')

/** A trace from a file at another rate, or a generated one. */
export const arrivalFlags = (generated: number) => [
  rate('queries per second: a trace is scaled to it, or generated at it'),
  queries(`queries to generate (default: ${generated})`),
  arrivals('arrival process of generated queries (default: poisson)'),
  cv(),
  seed(),
]

export const mix = () =>
  new Option('--mix <file>', 'a mix of batch sizes (CSV), instead of that of the workload')

export const log = () =>
  new Option(
    '--log <file>',
    'remember replays in a file, so that a repeated or interrupted run continues from there',
  )

// where it runs, and where results go

export const queue = (
  meaning = 'run replays on the workers of a queue (kairos-wasm worker), such as redis://host:6379',
) => new Option('--queue <url>', meaning)

export const traceRoot = (meaning: string) => new Option('--trace-root <dir-or-url>', meaning)

export const topN = () =>
  new Option('-n, --top-n <count>', 'number of rows')
    .default(DEFAULT_ROWS)
    .argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER))

export const threads = (meaning = 'threads for large work (default: all of the machine)') =>
  new Option('--threads <count>', meaning).argParser(wholeNumber(1, MOST_THREADS))

export const kernel = () =>
  new Option('--kernel <name>', 'wasm, or the readable fallback')
    .choices(['wasm', 'fallback'])
    .default('wasm')

export const format = (...formats: string[]) =>
  new Option('--format <name>', 'format of the result on stdout').choices(formats).default(formats[0])

export const svg = () =>
  new Option('--svg <file>', 'also save a picture of the result').argParser((path) => {
    const [, other, packing = ''] = /(\.(?:png|jpe?g|pdf|html?))(\.gz)?$/i.exec(path) ?? []
    if (other === undefined) return path
    throw new InvalidArgumentError(
      `Pictures are SVG; end the name with .svg${packing} instead of ${other}${packing}.`,
    )
  })

export const chromeTrace = () =>
  new Option(
    '--chrome-trace <file>',
    'save a timeline for Perfetto and chrome://tracing: a row for each instance',
  )

export const report = () =>
  new Option(
    '--report <file>',
    'also save the result as a page (HTML) that needs no network and can recompute',
  )

export const out = () =>
  new Option('--out <dir>', 'also save the result and the effective configuration in a folder')

export const outFile = () => new Option('--out <file>', 'write to a file instead of stdout')

export const config = () =>
  new Option(
    '-c, --config <file>',
    'flags from a JSON or YAML file, such as a saved config.json; flags given here win',
  )

export const quiet = () => new Option('-q, --quiet', 'only errors on stderr')

const noColor = () => new Option('--no-color', 'plain text (NO_COLOR and FORCE_COLOR are respected too)')

/** What every command with a configuration file takes. */
export const common = () => [config(), quiet(), noColor()]

// live servers

export const host = () => new Option('--host <address>', 'address to listen on').default('127.0.0.1')

export const planSpeed = () =>
  new Option('--plan-speed <factor>', 'with --plan: seconds of the plan that pass in a second')
    .default(1)
    .argParser(positive('a number > 0'))

export const modelName = () =>
  new Option('--model-name <name>', 'request this model by the Open Inference Protocol v2')

export const timeoutMs = () =>
  new Option('--timeout-ms <ms>', 'how long a server may take for a request')
    .default(60_000)
    .argParser(positive('a number of milliseconds > 0'))

/** TLS of the servers that a command starts. */
export const serverTls = () => [
  new Option('--tls-cert <file>', 'certificate of this server (PEM): enables TLS'),
  new Option('--tls-key <file>', 'its key (PEM)'),
  new Option('--tls-client-ca <file>', 'CA of client certificates (PEM): enables mutual TLS'),
]

/** TLS to the servers that a command calls. */
export const clientTls = () => [
  new Option(
    '--tls-ca <file>',
    'CA of server certificates (PEM, or "system" for those of the system): enables TLS',
  ),
  new Option(
    '--tls-server-name <name>',
    'the name in the certificates of servers, if it is not their address',
  ),
  new Option('--client-cert <file>', 'client certificate to present to servers (PEM): mutual TLS'),
  new Option('--client-key <file>', 'its key (PEM)'),
]
