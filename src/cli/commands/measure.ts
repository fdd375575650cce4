import { existsSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { KairosError } from '../../model/errors.ts'
import type { LatencyTable } from '../../model/latency-table.ts'
import { applyConfig } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { type ClientTlsFlags, readClientTls } from '../input/tls.ts'
import { interruptSignal, show, startProgress, tell, wantsColor } from '../output/terminal.ts'

const EXAMPLES = `
Examples:
  kairos measure g4dn.xlarge=127.0.0.1:50051 --table mine.csv
                                      a server that speaks the published protocol
  kairos measure gpu=10.0.0.5:8001 cpu=10.0.0.6:8001 --model-name bert --sizes 1,2,4,8,16 --table bert.csv
                                      two servers that speak the Open Inference Protocol, in turn
  kairos measure tpu=10.0.0.7:8001 --model-name bert --sizes 1,2,4,8,16 --table bert.csv
                                      one type more in the same table

Inputs are filled with zeros. Ctrl-C keeps what is measured in <table>.partial.ndjson: the same command goes on
from there.`

interface MeasureFlags extends ClientTlsFlags {
  table: string
  sizes: number[]
  samples: number
  warmUp: number
  modelName?: string
  timeoutMs: number
  format: string
  quiet?: boolean
  color: boolean
}

export function measureCommand(): Command {
  return new Command('measure')
    .description('measure the latency table of a live server, bin by bin')
    .argument('<type=address...>', 'instance types, and where a server of each is')
    .addOption(
      new Option('--table <file>', 'the latency table to write; types that it has already stay in it')
        .makeOptionMandatory()
        .argParser((text) => text),
    )
    .addOption(
      new Option('--sizes <list>', 'batch sizes: numbers and ranges from-to/step')
        .default(sizesOf('10-1000/10'), '10-1000/10')
        .argParser(sizesOf),
    )
    .addOption(
      new Option('--samples <count>', 'per type and size').default(100).argParser(flags.wholeNumber(10, 1e6)),
    )
    .addOption(
      new Option('--warm-up <count>', 'requests before them that do not count')
        .default(5)
        .argParser(flags.wholeNumber(0, 1e6)),
    )
    .addOption(new Option('--model-name <name>', 'ask for this model by the Open Inference Protocol v2'))
    .addOption(flags.timeoutMs())
    .addOption(flags.tlsCa())
    .addOption(flags.tlsServerName())
    .addOption(flags.clientCert())
    .addOption(flags.clientKey())
    .addOption(flags.format('table', 'csv'))
    .addOption(flags.config())
    .addOption(flags.quiet())
    .addOption(flags.noColor())
    .addHelpText('after', EXAMPLES)
    .action(async (servers: string[], _flags, command: Command) => {
      await applyConfig(command)
      await measure(servers.map(serverOf), command.opts())
    })
}

async function measure(servers: { type: string; address: string }[], given: MeasureFlags): Promise<void> {
  const { sizes, samples, warmUp, timeoutMs, modelName: model } = given
  const signal = interruptSignal()
  const [{ openPartialMeasurement }, { writeLatencyTable }, { measureLatency }, tls] = await Promise.all([
    import('../../files/logs/partial-measurement.ts'),
    import('../../files/tables/latency-table.ts'),
    import('../../serve/driver/measure.ts'),
    readClientTls(given),
  ])
  const older = await olderTable(given.table, sizes)
  const partial = await openPartialMeasurement(given.table, { samples, warmUp, model: model ?? null })
  for (const { type, address } of servers) {
    const other = partial.kept.find((bin) => bin.type === type && bin.address !== address)
    if (!other) continue
    const problem = `${type} was begun at ${other.address}`
    const cure = `measure it there, or remove ${partial.path}`
    throw new KairosError('BAD_USAGE', problem, { field: `${type}=${address}` }, cure)
  }
  if (partial.kept.length > 0)
    tell(given.quiet, `${partial.kept.length} bins are there already: ${partial.path}`)
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
    const { joinTables } = await import('../../model/latency-table.ts')
    await writeLatencyTable(given.table, older ? joinTables(older, measured) : measured)
    await partial.remove()
    await show(await textOf(measured, given))
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
        'what is measured is kept: the same command goes on from there',
      )
    }
    throw error
  } finally {
    progress.stop()
  }
}

/** The table that is there already, if it can take in what is going to be measured. */
async function olderTable(file: string, sizes: readonly number[]): Promise<LatencyTable | undefined> {
  if (!existsSync(file)) return undefined
  const { readLatencyTable } = await import('../../files/tables/latency-table.ts')
  const { LEVELS } = await import('../../model/summary.ts')
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

async function textOf(
  measured: LatencyTable,
  { format, color }: MeasureFlags,
): Promise<AsyncIterable<string>> {
  if (format === 'table') {
    return (await import('../../report/measurement.ts')).measurementTable(measured, wantsColor(color))
  }
  const { latencyTableText } = await import('../../files/tables/latency-table.ts')
  return (async function* () {
    yield await latencyTableText(measured)
  })()
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
