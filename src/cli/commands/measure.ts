import { existsSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { checkWritesBatching, writeBatching } from '../../files/documents/write-batching.ts'
import { openPartialMeasurement } from '../../files/logs/partial-measurement.ts'
import { latencyTableText, readLatencyTable, writeLatencyTable } from '../../files/tables/latency-table.ts'
import { counted } from '../../model/counted.ts'
import { KairosError, refuseUsage } from '../../model/errors.ts'
import { expectedAddress, isAddress } from '../../model/fleet/fleet.ts'
import type { Measurement } from '../../model/results/measurement.ts'
import { interpolateTable, interpolationError, roundingCost } from '../../model/workload/interpolate-table.ts'
import { joinTables, type LatencyTable, largestBin } from '../../model/workload/latency-table.ts'
import { LEVELS, LOG_LEVELS } from '../../model/workload/summary.ts'
import { measurementTable } from '../../report/replay/measurement.ts'
import { CLIENT_COSTS, measureLatency } from '../../serve/driver/measure.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { wholeNumber } from '../input/parse.ts'
import { sizesOf } from '../input/sizes.ts'
import { type TensorFlags, tensorFlags } from '../input/tensors.ts'
import { type ClientTlsFlags, readClientTls } from '../input/tls.ts'
import { startProgress } from '../output/progress.ts'
import type { OutputFlags } from '../output/save.ts'
import { interruptSignal } from '../output/signals.ts'
import { show, tell, wantsColor } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm measure g4dn.xlarge=127.0.0.1:50051 --table mine.csv
                                      a server that speaks the published protocol
  kairos-wasm measure gpu=10.0.0.5:8001 cpu=10.0.0.6:8001 --model-name bert --sizes 1,2,4,8,16 --table bert.csv
                                      two servers that speak the Open Inference Protocol, in turn
  kairos-wasm measure tpu=10.0.0.7:8001 --model-name bert --sizes 1,2,4,8,16 --table bert.csv
                                      an additional type in the same table
  kairos-wasm measure gpu=10.0.0.5:8001 --model-name sklearn --input x:FP32:-1,64 --sizes 1-64 --table sklearn.csv
                                      a server that does not say which inputs its model takes
  kairos-wasm measure gpu=10.0.0.5:8001 --model-name bert --shape tokens=-1,128 --sizes 1,2,4,8,16,32,64,128,256 --bins 1-256/2% --table bert.csv
                                      128 tokens an item; bins between the sizes by interpolation
  kairos-wasm measure gpu=10.0.0.5:8001 --model-name bert --sizes 1,4,16,64 --concurrency 4 --workload bert.yaml --table bert.csv
                                      a server with four slots, or one that batches, which the workload then says

Sizes are shuffled, and inputs are filled with zeros. Ctrl-C keeps the measured rounds in <table>.partial.ndjson, and the
same command continues from there.`

/** A server that is measured, and the type that it is of. */
interface Server {
  readonly type: string
  readonly address: string
}

interface MeasureFlags extends ClientTlsFlags, TensorFlags, OutputFlags {
  table: string
  sizes: number[]
  bins?: number[]
  concurrency: number
  clientCost: (typeof CLIENT_COSTS)[number]
  workload?: string
  samples: number
  warmUp: number
  modelName?: string
  timeoutMs: number
}

export function define(command: Command): void {
  flags.addFlags(
    command.argument('<type=address...>', 'instance types, each with the address of a server'),
    new Option('--table <file>', 'the latency table to write; other types in it are kept')
      .makeOptionMandatory()
      .argParser((text) => text),
    new Option(
      '--sizes <list>',
      'batch sizes: whole numbers and ranges from-to/step, the step a number or a percentage',
    )
      .default(sizesOf('10-1000/10'), '10-1000/10')
      .argParser(sizesOf),
    new Option(
      '--bins <list>',
      'the bins of the table, interpolated between the sizes (default: the sizes, or the bins of the table)',
    ).argParser(sizesOf),
    new Option('--samples <count>', 'samples per type and size').default(100).argParser(wholeNumber(10, 1e6)),
    new Option('--warm-up <count>', 'requests before the samples, which do not count')
      .default(5)
      .argParser(wholeNumber(0, 1e6)),
    new Option(
      '--concurrency <count>',
      'requests under way at the same time, as many as the server has slots; above 1, the command also finds out whether the server batches',
    )
      .default(1)
      .argParser(wholeNumber(1, 1024)),
    new Option(
      '--workload <file>',
      'the workload file into which the section batching is written, if servers batch; needs --concurrency',
    ),
    new Option(
      '--client-cost <how>',
      'the time of the client itself, measured with a server that answers at once: measure and report it, subtract it, or skip this',
    )
      .choices([...CLIENT_COSTS])
      .default('measure'),
    flags.modelName(),
    tensorFlags(),
    flags.timeoutMs(),
    flags.clientTls(),
    flags.format('table', 'csv'),
    flags.common(),
  )
  runWith(command, measure)
}

async function measure(given: MeasureFlags, _config: string, [named]: readonly unknown[]): Promise<void> {
  const servers = (named as readonly string[]).map(serverOf)
  const { sizes, samples, warmUp, concurrency, timeoutMs } = given
  const { modelName: model, input: inputs, shape: shapes } = given
  if (given.workload !== undefined && concurrency === 1) {
    const cure = 'add --concurrency 4, or leave --workload out'
    throw new KairosError('BAD_USAGE', '--workload needs several requests at the same time', {}, cure)
  }
  const types = servers.map(({ type }) => type)
  if (given.workload !== undefined) await checkWritesBatching(given.workload, given.table, types)
  const signal = interruptSignal()
  const tls = await readClientTls(given)
  const older = existsSync(given.table) ? await readLatencyTable(given.table) : undefined
  const bins = given.bins ?? (older ? [...older.batchSizes] : sizes)
  checkBins(given.table, older, bins, sizes)
  const settings = { samples, warmUp, concurrency, model: model ?? null, sizes, inputs, shapes }
  const partial = await openPartialMeasurement(given.table, settings)
  const kept = partial.kept.filter(({ type }) => types.includes(type))
  checkAddresses(servers, kept, partial.path)
  if (kept.length > 0) tell(given.quiet, `${counted(kept.length, 'round')} measured before: ${partial.path}`)
  const progress = startProgress('measuring', 'rounds', given.quiet)
  let known = kept.length
  const total = servers.length * samples
  progress.update({ done: Math.min(known, total), total })
  try {
    const measured = await measureLatency({
      ...{ servers, sizes, samples, warmUp, concurrency, model, inputs, shapes, timeoutMs, tls, signal },
      clientCost: given.clientCost,
      levels: older?.levels,
      kept,
      onMeasured: (round) => {
        const { address } = servers.find(({ type }) => type === round.type)!
        known++
        return partial.add({ ...round, address })
      },
      onNote: (note) => tell(given.quiet, note),
      onProgress: progress.update,
    })
    progress.stop()
    const table = bins.join() === sizes.join() ? measured.latency : interpolateTable(measured.latency, bins)
    await writeLatencyTable(given.table, older ? joinTables(older, table) : table)
    await partial.remove(types)
    const isTable = given.format === 'table'
    await show([isTable ? measurementTable(table, wantsColor(given.color)) : await latencyTableText(table)])
    for (const note of notesOf(measured, table, given.clientCost)) tell(given.quiet, note)
    tell(given.quiet, `wrote ${given.table}: ${types.join(', ')}, ${counted(bins.length, 'bin')}`)
    await tellBatching(measured.maxBatch, bins, given)
  } catch (error) {
    throw known > 0 ? withKeptRounds(error) : error
  } finally {
    progress.stop()
  }
}

/** @param path of the log that the rounds are kept in */
function checkAddresses(servers: readonly Server[], kept: readonly Server[], path: string): void {
  for (const { type, address } of servers) {
    const other = kept.find((round) => round.type === type && round.address !== address)
    if (!other) continue
    const problem = `${type} was measured at ${other.address} before`
    refuseUsage(`${type}=${address}`, problem, `measure it there, or remove ${path}`)
  }
}

/** An error that ends a measurement, which says that its rounds are kept. */
function withKeptRounds(error: unknown): unknown {
  if (!(error instanceof KairosError && (error.code === 'ABORTED' || error.code === 'SERVER'))) return error
  const next = 'the measured rounds are kept: the same command continues from there'
  const cure = error.cure === '' ? next : `${error.cure}; ${next}`
  return new KairosError(error.code, error.problem, error.place, cure, { cause: error })
}

/** A rounding or an interpolation that costs a larger share of the time is noted. */
const TOLERATED = 0.02

/** What the reader of the table should know. */
function notesOf(
  { latency, clientMs }: Measurement,
  table: LatencyTable,
  clientCost: MeasureFlags['clientCost'],
): string[] {
  const notes: string[] = []
  if (clientMs.length > 0) {
    const most = clientMs.reduce((at, ms, row) => {
      return ms / latency.meanMs[row] > clientMs[at] / latency.meanMs[at] ? row : at
    }, 0)
    const size = latency.batchSizes[most % latency.batchSizes.length]
    const isOff = clientCost === 'subtract'
    const whole = latency.meanMs[most] + (isOff ? clientMs[most] : 0)
    notes.push(
      `the client itself takes up to ${clientMs[most].toFixed(2)} ms, ${percent(clientMs[most] / whole)} of a batch of ${size}: ${
        isOff ? 'taken off' : 'included in the table; --client-cost subtract takes it off'
      }`,
    )
  }
  const rounding = roundingCost(table)
  if (rounding && rounding.share > TOLERATED) {
    const { type, below, bin, share } = rounding
    notes.push(
      `sizes between bins are rounded up: just above ${below} a batch counts as ${bin}, up to ${percent(share)} longer on ${type}; name the sizes that occur, or add --bins ${table.batchSizes[0]}-${largestBin(table)}/2%`,
    )
  }
  const error = table === latency ? undefined : interpolationError(latency)
  if (error && Math.abs(error.share) > TOLERATED) {
    const { type, size, share } = error
    notes.push(
      `the times do not lie on lines: without the size ${size}, interpolation would be ${percent(Math.abs(share))} too ${share > 0 ? 'long' : 'short'} there on ${type}; measure more sizes around it`,
    )
  }
  return notes
}

function percent(share: number): string {
  return `${share < 0.1 ? (100 * share).toPrecision(2) : Math.round(100 * share)}%`
}

/** Writes into the workload how large the batches of servers are, or says what to write. */
async function tellBatching(
  measured: Measurement['maxBatch'],
  bins: readonly number[],
  given: MeasureFlags,
): Promise<void> {
  // a size that was measured need not be a bin
  const maxBatch = Object.fromEntries(
    Object.entries(measured).flatMap(([type, size]) => {
      const bin = bins.findLast((one) => one <= size)
      return bin === undefined ? [] : [[type, bin] as const]
    }),
  )
  if (Object.keys(maxBatch).length === 0) return
  const section = `batching: { maxBatch: ${JSON.stringify(maxBatch)} }`
  if (given.workload === undefined) return tell(given.quiet, `the workload should have ${section}`)
  await writeBatching(given.workload, maxBatch).catch((error: unknown) => {
    tell(given.quiet, `measured ${section}, which is not written into ${given.workload}`)
    throw error
  })
  tell(given.quiet, `wrote ${section} into ${given.workload}`)
}

/** @throws KairosError BAD_USAGE for bins beyond the sizes, and if a table that is added to has other bins or knots */
function checkBins(
  file: string,
  older: LatencyTable | undefined,
  bins: readonly number[],
  sizes: readonly number[],
): void {
  const [least, most] = [sizes[0], sizes[sizes.length - 1]]
  const beyond = bins.find((bin) => bin < least || bin > most)
  if (beyond !== undefined) {
    const whose =
      bins.join() === older?.batchSizes.join() ? `${file} has the bin ${beyond}` : `${beyond} is a bin`
    const cure = 'bins are interpolated: measure the smallest and the largest, or write another table'
    throw new KairosError('BAD_USAGE', `${whose}, and ${least} to ${most} are measured`, {}, cure)
  }
  if (!older) return
  const hasKnots = [LEVELS, LOG_LEVELS].some((levels) => levels.join() === older.levels.join())
  if (older.batchSizes.join() === bins.join() && hasKnots) return
  const cure = 'leave --bins out, measure the sizes that it has, or write another table'
  throw new KairosError('BAD_USAGE', `${file} has other bins or knots`, {}, cure)
}

function serverOf(text: string): Server {
  const at = text.indexOf('=')
  const address = text.slice(at + 1)
  if (at > 0 && isAddress(address)) return { type: text.slice(0, at), address }
  const cure = `expected type=${expectedAddress(address)}`
  throw new KairosError('BAD_USAGE', `"${text}" is no server`, {}, cure)
}
