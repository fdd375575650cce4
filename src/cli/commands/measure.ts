import { existsSync } from 'node:fs'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { openPartialMeasurement } from '../../files/logs/partial-measurement.ts'
import { latencyTableText, readLatencyTable, writeLatencyTable } from '../../files/tables/latency-table.ts'
import { KairosError } from '../../model/errors.ts'
import { joinTables, type LatencyTable } from '../../model/latency-table.ts'
import { LEVELS } from '../../model/summary.ts'
import { measurementTable } from '../../report/measurement.ts'
import { measureLatency } from '../../serve/driver/measure.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { wholeNumber } from '../input/parse.ts'
import { type ClientTlsFlags, readClientTls } from '../input/tls.ts'
import type { OutputFlags } from '../output/save.ts'
import { interruptSignal, show, startProgress, tell, wantsColor } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos-wasm measure g4dn.xlarge=127.0.0.1:50051 --table mine.csv
                                      a server that speaks the published protocol
  kairos-wasm measure gpu=10.0.0.5:8001 cpu=10.0.0.6:8001 --model-name bert --sizes 1,2,4,8,16 --table bert.csv
                                      two servers that speak the Open Inference Protocol, in turn
  kairos-wasm measure tpu=10.0.0.7:8001 --model-name bert --sizes 1,2,4,8,16 --table bert.csv
                                      an additional type in the same table

Inputs are filled with zeros. Ctrl-C keeps the measured bins in <table>.partial.ndjson, and the same command
continues from there.`

interface MeasureFlags extends ClientTlsFlags, OutputFlags {
  table: string
  sizes: number[]
  samples: number
  warmUp: number
  modelName?: string
  timeoutMs: number
}

export function define(command: Command): void {
  flags
    .addFlags(
      command.argument('<type=address...>', 'instance types, each with the address of a server'),
      new Option('--table <file>', 'the latency table to write; other types in it are kept')
        .makeOptionMandatory()
        .argParser((text) => text),
      new Option('--sizes <list>', 'batch sizes: numbers and ranges from-to/step')
        .default(sizesOf('10-1000/10'), '10-1000/10')
        .argParser(sizesOf),
      new Option('--samples <count>', 'samples per type and size')
        .default(100)
        .argParser(wholeNumber(10, 1e6)),
      new Option('--warm-up <count>', 'requests before the samples, which do not count')
        .default(5)
        .argParser(wholeNumber(0, 1e6)),
      flags.modelName(),
      flags.timeoutMs(),
      flags.clientTls(),
      flags.format('table', 'csv'),
      flags.common(),
    )
    .addHelpText('after', EXAMPLES)
  runWith(command, measure)
}

async function measure(given: MeasureFlags, _config: string, [named]: readonly unknown[]): Promise<void> {
  const servers = (named as readonly string[]).map(serverOf)
  const { sizes, samples, warmUp, timeoutMs, modelName: model } = given
  const signal = interruptSignal()
  const tls = await readClientTls(given)
  const older = await olderTable(given.table, sizes)
  const partial = await openPartialMeasurement(given.table, { samples, warmUp, model: model ?? null })
  for (const { type, address } of servers) {
    const other = partial.kept.find((bin) => bin.type === type && bin.address !== address)
    if (!other) continue
    const problem = `${type} was measured at ${other.address} before`
    const cure = `measure it there, or remove ${partial.path}`
    throw new KairosError('BAD_USAGE', problem, { field: `${type}=${address}` }, cure)
  }
  if (partial.kept.length > 0)
    tell(given.quiet, `${partial.kept.length} bins were measured before: ${partial.path}`)
  const progress = startProgress('measuring', 'bins', given.quiet)
  let known = partial.kept.length
  try {
    const measured = await measureLatency({
      servers,
      sizes,
      samples,
      warmUp,
      model,
      timeoutMs,
      tls,
      kept: partial.kept,
      onMeasured: (bin) => {
        const { address } = servers.find(({ type }) => type === bin.type)!
        known++
        return partial.add({ ...bin, address })
      },
      onProgress: progress.update,
      signal,
    })
    progress.stop()
    await writeLatencyTable(given.table, older ? joinTables(older, measured) : measured)
    await partial.remove()
    await show(
      given.format === 'table'
        ? measurementTable(measured, wantsColor(given.color))
        : [await latencyTableText(measured)],
    )
    tell(
      given.quiet,
      `wrote ${given.table}: ${servers.map(({ type }) => type).join(', ')}, ${sizes.length} bins`,
    )
  } catch (error) {
    if (error instanceof KairosError && (error.code === 'ABORTED' || error.code === 'SERVER') && known > 0) {
      throw new KairosError(
        error.code,
        error.problem,
        error.place,
        'the measured bins are kept: the same command continues from there',
      )
    }
    throw error
  } finally {
    progress.stop()
  }
}

/** The table in the file, if there is one; it must have the same bins and knots. */
async function olderTable(file: string, sizes: readonly number[]): Promise<LatencyTable | undefined> {
  if (!existsSync(file)) return undefined
  const older = await readLatencyTable(file)
  const same = older.batchSizes.join() === sizes.join() && older.levels.join() === LEVELS.join()
  if (same) return older
  throw new KairosError(
    'BAD_USAGE',
    `${file} has other bins or knots`,
    {},
    'measure the same sizes as it has, or write another table',
  )
}

function serverOf(text: string): { type: string; address: string } {
  const at = text.indexOf('=')
  if (at > 0 && /:\d+$/.test(text.slice(at + 1))) {
    return { type: text.slice(0, at), address: text.slice(at + 1) }
  }
  throw new KairosError('BAD_USAGE', `"${text}" is no server`, {}, 'expected type=host:port')
}

/** 10,20,40-100/10 -> 10, 20, 40, 50, ..., 100 */
function sizesOf(text: string): number[] {
  const sizes = text.split(',').flatMap((part) => {
    const [, from, to, step] = /^(\d+)(?:-(\d+)(?:\/(\d+))?)?$/.exec(part.trim()) ?? []
    if (from === undefined)
      throw new InvalidArgumentError('Expected numbers and ranges, such as 1,2,10-100/10.')
    const range: number[] = []
    for (let size = Number(from); size <= Number(to ?? from); size += Math.max(1, Number(step ?? 1))) {
      range.push(size)
      if (range.length > 10_000) throw new InvalidArgumentError('Expected at most 10,000 sizes.')
    }
    return range
  })
  return [...new Set(sizes)].sort((a, b) => a - b)
}
