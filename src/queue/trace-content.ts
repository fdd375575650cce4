/** Traces as content of a queue: N arrivals and then N batch sizes, as numbers of 8 bytes, compressed by gzip. */
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { KairosError } from '../model/errors.ts'
import { MAX_QUERIES, type Trace } from '../model/trace/trace.ts'

const QUERY_BYTES = 16

/** The most that a trace may take in Redis: some 8 million queries. */
const MOST_BYTES = 64 * 2 ** 20

/** @param most the most bytes that it may take. @throws KairosError TOO_LARGE above */
export async function packTrace({ arrivalMs, batchSize }: Trace, most = MOST_BYTES): Promise<Buffer> {
  const columns = [arrivalMs, batchSize].map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  )
  const packed = await promisify(gzip)(Buffer.concat(columns))
  if (packed.length <= most) return packed
  const problem = `has ${arrivalMs.length} queries, which take ${packed.length} bytes; a queue carries ${most}`
  const cure =
    'put it on shared storage (--trace-root), replay it without --queue, or a window of it (trace convert --window)'
  throw new KairosError('TOO_LARGE', problem, { field: 'trace' }, cure)
}

/** @throws KairosError QUEUE for bytes that `packTrace` did not write */
export async function unpackTrace(packed: Buffer): Promise<Trace> {
  const bytes = await promisify(gunzip)(packed, { maxOutputLength: QUERY_BYTES * MAX_QUERIES }).catch(refuse)
  const queries = bytes.length / QUERY_BYTES
  if (!Number.isInteger(queries)) refuse()
  const { buffer } = Uint8Array.from(bytes)
  return {
    arrivalMs: new Float64Array(buffer, 0, queries),
    batchSize: new Float64Array(buffer, 8 * queries, queries),
  }
}

function refuse(cause?: unknown): never {
  const problem = 'holds a trace that was not written by kairos-wasm'
  const cure = 'remove what is there with kairos-wasm queue clean --all, and submit the jobs again'
  throw new KairosError('QUEUE', problem, { field: 'queue' }, cure, { cause })
}
