/** Reads files that were dropped on the page, with the readers and the messages of the command line. */
import {
  describeTrace,
  KairosError,
  type LatencyTable,
  type Mix,
  mixOfTrace,
  type Workload,
} from '../core.ts'
import { type Document, openDocument, placeOf } from '../files/documents/document.ts'
import { readSpace } from '../files/documents/space.ts'
import { readWorkload } from '../files/documents/workload.ts'
import { readCatalog } from '../files/tables/catalog.ts'
import { readLatencyTable } from '../files/tables/latency-table.ts'
import { readServedMix } from '../files/tables/mix.ts'
import { readTrace } from '../files/traces/trace-csv.ts'
import { largestBin } from '../model/workload/latency-table.ts'
import { indexBeyond } from '../model/workload/workload.ts'
import { formatQueries } from '../report/numbers.ts'
import { hasFile, nameOf, withFiles } from './files/open-file.ts'
import type { Dropped, DroppedFile, EngineCalls } from './protocol.ts'

type Kind = 'workload' | 'space' | 'latency' | 'mix' | 'trace'

/** Documents come after the tables that they name; a latency table comes before what must fit it. */
const ORDER: readonly Kind[] = ['workload', 'latency', 'space', 'mix', 'trace']

/**
 * @throws KairosError as the readers of the command line; BAD_USAGE for two files of one kind; NO_FILE for a workload
 * without its tables; BAD_FILE for HTML and XML
 */
export function readDropped(input: EngineCalls['read']['input']): Promise<Dropped> {
  return withFiles(input.files, () => readFiles(input))
}

async function readFiles(input: EngineCalls['read']['input']): Promise<Dropped> {
  const byKind = new Map<Kind, DroppedFile>()
  for (const [file, kind] of await kindsOf(input.files)) {
    const other = byKind.get(kind)
    if (other) {
      const problem = `${other.name} and ${file.name} are both a ${kind}`
      throw new KairosError('BAD_USAGE', problem, {}, 'add one of them')
    }
    byKind.set(kind, file)
  }
  const notes: string[] = []
  const onNote = (note: string) => notes.push(note)
  /** The workload as far as the files are read: what follows must fit it. */
  let { workload }: { workload: Workload } = input
  const found: Writable<Omit<Dropped, 'notes'>> = {}
  for (const kind of ORDER) {
    const name = byKind.get(kind)?.name
    if (name === undefined) continue
    if (kind === 'workload') workload = found.workload = await readWorkload(name, { onNote })
    else if (kind === 'latency') {
      const latency = await readLatencyTable(name, { onNote })
      if (!byKind.has('mix') && !byKind.has('trace')) checkServes(latency, workload.mix, name)
      found.table = { model: name.replace(/\.csv$/i, ''), latency }
      workload = { ...workload, ...found.table }
    } else if (kind === 'space') {
      const { latency } = workload
      found.space = await readSpace(name, { knownTypes: latency.types, latency })
    } else if (kind === 'mix') {
      found.mix = await readServedMix(name, workload.latency, 'the latency table')
    } else {
      const maxBatchSize = largestBin(workload.latency)
      found.trace = await readTrace(name, { cache: false, maxBatchSize, onNote })
      found.mix = mixOfTrace(found.trace)
      found.description = describeTrace(found.trace)
      notes.push(`${name}: the mix is that of its ${formatQueries(found.trace.arrivalMs.length)}`)
    }
    notes.push(`${name} is read as a ${NAMES[kind]}`)
  }
  if (found.workload || found.table) found.prices = await catalogPrices(workload.latency.types)
  return { ...found, notes }
}

type Writable<Of> = { -readonly [Name in keyof Of]: Of[Name] }

async function catalogPrices(types: readonly string[]): Promise<Record<string, number>> {
  const catalog = await readCatalog()
  return Object.fromEntries(
    types.flatMap((name) => (catalog.has(name) ? [[name, catalog.get(name) as number]] : [])),
  )
}

const NAMES: Readonly<Record<Kind, string>> = {
  workload: 'workload',
  space: 'space',
  latency: 'latency table',
  mix: 'mix',
  trace: 'trace',
}

/**
 * The kind of each file, by its keys or its first line: the reader of that kind then checks it whole. Tables that a
 * workload names are left out. A document that cannot be read is reported by the reader of workloads.
 */
async function kindsOf(files: readonly DroppedFile[]): Promise<[DroppedFile, Kind][]> {
  const named = new Set<string>()
  const kinds: [DroppedFile, Kind][] = []
  for (const file of files) {
    const isDocument = /\.(json|ya?ml)$/i.test(file.name)
    const document = isDocument ? await openDocument(file.name).catch(() => undefined) : undefined
    const keys = Object.keys(document?.value ?? {})
    const isSpace = keys.some((key) => SPACE_KEYS.has(key))
    kinds.push([file, isSpace ? 'space' : isDocument ? 'workload' : tableKind(file)])
    if (document && !isSpace) for (const name of await namesIn(document)) named.add(name)
  }
  return kinds.filter(([{ name }, kind]) => !(named.has(name) && (kind === 'latency' || kind === 'mix')))
}

/** The keys of spaces, ours and the published instance.json. */
const SPACE_KEYS: ReadonlySet<string> = new Set(['types', 'budgetPerHour', 'ins_types'])

/** @throws KairosError BAD_FILE for a report or a picture, which would be reported as a faulty table */
function tableKind({ name, bytes }: DroppedFile): Kind {
  const text = new TextDecoder().decode(bytes.subarray(0, 1 << 16))
  if (/^\s*</.test(text)) {
    const cure = 'a table in CSV, or a workload or a space in JSON or YAML, is expected'
    throw new KairosError('BAD_FILE', 'is HTML or XML', { file: name }, cure)
  }
  const [header] = text.split(/\r\n|\n|\r/, 1)
  if (header.includes('arrival')) return 'trace'
  return /probability|count/.test(header) && !header.includes('instance_type') ? 'mix' : 'latency'
}

/** The names of the tables that a workload reads. @throws KairosError NO_FILE for one that was not added */
async function namesIn(document: Document): Promise<string[]> {
  const names: string[] = []
  for (const field of ['latency', 'mix']) {
    const table = (document.value as Record<string, unknown> | null)?.[field]
    if (typeof table !== 'string') continue
    if (!hasFile(table)) {
      const problem = `names ${table}, which was not added`
      const cure = 'add it together with this file'
      throw new KairosError('NO_FILE', problem, await placeOf(document, [field]), cure)
    }
    names.push(nameOf(table))
  }
  return names
}

/**
 * @throws KairosError BAD_FILE for a table that ends below the largest size of the mix of the page, which no file
 * replaces
 */
function checkServes(latency: LatencyTable, mix: Mix, file: string): void {
  const beyond = indexBeyond(latency, mix)
  if (beyond < 0) return
  const problem = `ends at the batch size ${largestBin(latency)}, and the mix of the page has ${mix.batchSizes[beyond]}`
  const cure = 'add a mix or a trace together with the table, or measure that size'
  throw new KairosError('BAD_FILE', problem, { file }, cure)
}
