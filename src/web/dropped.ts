/** Reads files that were dropped on the page, with the readers and the messages of the command line. */
import { describeTrace, KairosError, type Mix, mixOfTrace, type Space, type Workload } from '../core.ts'
import { readSpace } from '../files/documents/space.ts'
import { readWorkload } from '../files/documents/workload.ts'
import { readLatencyTable } from '../files/tables/latency-table.ts'
import { readMix } from '../files/tables/mix.ts'
import { readTrace } from '../files/traces/trace-csv.ts'
import { formatQueries } from '../report/numbers.ts'
import { putFile } from './files/open-file.ts'
import type { Dropped, DroppedFile, EngineCalls } from './protocol.ts'

type Kind = 'workload' | 'space' | 'latency' | 'mix' | 'trace'

/** Documents come after the tables that they name; a latency table comes before what must fit it. */
const ORDER: readonly Kind[] = ['workload', 'latency', 'space', 'mix', 'trace']

/** @throws KairosError as the readers of the command line; BAD_USAGE for two files of one kind */
export async function readDropped(input: EngineCalls['read']['input']): Promise<Dropped> {
  const byKind = new Map<Kind, DroppedFile>()
  for (const file of input.files) putFile(file.name, file.bytes)
  const named = namesIn(input.files)
  for (const file of input.files) {
    const kind = kindOf(file)
    if (named.has(file.name) && (kind === 'latency' || kind === 'mix')) continue
    const other = byKind.get(kind)
    if (other) {
      const problem = `${other.name} and ${file.name} are both a ${kind}`
      throw new KairosError('BAD_USAGE', problem, {}, 'add one of them')
    }
    byKind.set(kind, file)
  }
  const notes: string[] = []
  const onNote = (note: string) => notes.push(note)
  let { workload }: { workload: Workload } = input
  let space: Space | undefined
  let trace: Dropped['trace']
  for (const kind of ORDER) {
    const name = byKind.get(kind)?.name
    if (name === undefined) continue
    if (kind === 'workload') workload = await readWorkload(name, { onNote })
    else if (kind === 'latency')
      workload = withTable(workload, await readLatencyTable(name, { onNote }), name)
    else if (kind === 'space') space = await readSpace(name, { knownTypes: workload.latency.types })
    else if (kind === 'mix') workload = { ...workload, mix: fitting(await readMix(name), workload, name) }
    else {
      trace = await readTrace(name, {
        cache: false,
        maxBatchSize: workload.latency.batchSizes.at(-1),
        onNote,
      })
      workload = { ...workload, mix: mixOfTrace(trace) }
      notes.push(`${name}: the mix is that of its ${formatQueries(trace.arrivalMs.length)}`)
    }
    notes.push(`${name} is read as a ${NAMES[kind]}`)
  }
  space ??= spaceFor(workload, input.space)
  return { workload, space, ...(trace && { trace, description: describeTrace(trace) }), notes }
}

const NAMES: Readonly<Record<Kind, string>> = {
  workload: 'workload',
  space: 'space',
  latency: 'latency table',
  mix: 'mix',
  trace: 'trace',
}

/** The kind of a file, by its first line or its keys. The reader of that kind then checks it whole. */
function kindOf({ name, bytes }: DroppedFile): Kind {
  const text = new TextDecoder().decode(bytes.subarray(0, 1 << 16))
  if (/\.(json|ya?ml)$/i.test(name))
    return /["']?(types|budgetPerHour|instance)["']?\s*:/.test(text) ? 'space' : 'workload'
  const [header] = text.split(/\r\n|\n|\r/, 1)
  if (header.includes('arrival')) return 'trace'
  return header.includes('probability') ? 'mix' : 'latency'
}

/** The names of the tables that dropped workloads read. */
function namesIn(files: readonly DroppedFile[]): Set<string> {
  const names = new Set<string>()
  for (const file of files) {
    if (!/\.(json|ya?ml)$/i.test(file.name)) continue
    const text = new TextDecoder().decode(file.bytes)
    for (const [, name] of text.matchAll(/["']?(?:latency|mix)["']?\s*:\s*["']?(?:\.\/)?([^"'\s,}]+)/g))
      names.add(name)
  }
  return names
}

function withTable(workload: Workload, latency: Workload['latency'], name: string): Workload {
  return {
    ...workload,
    model: name.replace(/\.csv$/i, ''),
    latency,
    mix: fitting(workload.mix, { latency }, name),
  }
}

/** The mix, if the table serves its sizes; otherwise the mix is rejected as the command line does. */
function fitting(mix: Mix, { latency }: Pick<Workload, 'latency'>, file: string): Mix {
  const largest = latency.batchSizes[latency.batchSizes.length - 1]
  const beyond = mix.batchSizes.find((size, i) => size > largest && mix.probabilities[i] > 0)
  if (beyond === undefined) return mix
  const problem = `is ${beyond}, beyond the largest bin ${largest} of the latency table`
  const cure = 'measure that size, or leave it out of the mix'
  throw new KairosError('BAD_FILE', problem, { file, field: 'batch_size' }, cure)
}

/** The types of a new table: those that the space had, or each with up to ten instances and a price to set. */
function spaceFor({ latency }: Workload, space: Space): Space {
  if (space.types.every(({ name }) => latency.types.includes(name))) return space
  const known = new Map(space.types.map((type) => [type.name, type]))
  const types = latency.types.map((name, t) => {
    return known.get(name) ?? { name, min: 0, max: 10, pricePerHour: 1, base: t === 0 }
  })
  const base = types.findIndex((type) => type.base)
  return { ...space, types: types.map((type, t) => ({ ...type, base: t === Math.max(base, 0) })) }
}
