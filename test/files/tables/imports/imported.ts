import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { LATENCY_FORMATS } from '../../../../src/files/tables/imports/formats.ts'
import {
  type ImportLatenciesOptions,
  importLatencies,
} from '../../../../src/files/tables/imports/import-latencies.ts'
import { readLatencyTable } from '../../../../src/files/tables/latency-table.ts'

type Given = Partial<ImportLatenciesOptions> & { batchSize?: number }

/** The rows and notes of an import of one file. */
export async function imported(format: string, content: string, { batchSize, ...given }: Given = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-import-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'in')
  writeFileSync(file, content)
  const { readLatencies: read } = await LATENCY_FORMATS.find(({ name }) => name === format)!.load()
  const sources = [{ file, batchSize }]
  const named = given.log?.map?.type === undefined ? { type: 'gpu' } : {}
  const { text, notes } = await importLatencies({ read, sources, ...named, ...given })
  const table = join(folder, 'table.csv')
  writeFileSync(table, text)
  // a table that is added to may still lack bins
  const isComplete = !notes.some((note) => note.startsWith('every type'))
  if (given.out === undefined && isComplete) await readLatencyTable(table)
  return { lines: text.trim().split('\n'), notes: notes.map((note) => note.replace(file, 'in')) }
}

/** The message of a refused import. */
export const refusal = (...args: Parameters<typeof imported>) =>
  imported(...args).then(
    () => 'not refused',
    (error: Error) => error.message.replaceAll(/\S*\/in\b/g, 'in'),
  )

/** Statistics of latencies as GenAI-Perf and AIPerf write them. */
export const STATISTICS = {
  unit: 'ms',
  avg: 20,
  p25: 15,
  p50: 19,
  p75: 24,
  p90: 30,
  p95: 33,
  p99: 40,
  min: 10,
  max: 41,
  std: 6,
}

/** A file of perf_analyzer. Its columns: triton-inference-server/client, src/c++/perf_analyzer/report_writer.cc */
export const PERF = [
  'Concurrency,Inferences/Second,Client Send,Network+Server Send/Recv,Server Queue,Server Compute Input,' +
    'Server Compute Infer,Server Compute Output,Client Recv,p50 latency,p90 latency,p95 latency,p99 latency',
  '1,69.2,225,2148,64,206,11781,19,0,13891,18795,19753,21018',
  '4,84.2,279,1604,33669,233,11731,18,1,47045,56545,59225,64886',
]
