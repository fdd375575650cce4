import type { Client, ServiceError } from '@grpc/grpc-js'
import { checkGiven, checkMs, checkWhole } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
import type { LatencyTable } from '../../model/latency-table.ts'
import type { MeasuredBin } from '../../model/results/measurement.ts'
import { LEVELS, summariseSorted } from '../../model/summary.ts'
import { type ClientTls, connect, wordsOf } from '../grpc/connect.ts'
import { batchSender } from './batch-sender.ts'
import { unreached } from './servers.ts'

export interface MeasureOptions {
  /** A live server of each instance type. */
  readonly servers: readonly { readonly type: string; readonly address: string }[]
  /** Batch sizes: whole numbers, strictly increasing. They become the bins of the table. */
  readonly sizes: readonly number[]
  /** Samples a bin; 100 unless given. */
  readonly samples?: number | undefined
  /** Requests before them that do not count; 5 unless given. */
  readonly warmUp?: number | undefined
  /** The model to ask by the Open Inference Protocol; absent: the published protocol, which knows no models. */
  readonly model?: string | undefined
  /** How long a request may take, ms; a minute unless given. */
  readonly timeoutMs?: number | undefined
  readonly tls?: ClientTls | undefined
  /** What an earlier run has measured already. */
  readonly kept?: readonly MeasuredBin[] | undefined
  /** Called with each bin when it is done, to be kept for another run. */
  readonly onMeasured?: ((measured: MeasuredBin) => Promise<void> | void) | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Fewer samples have no tail to speak of. */
const LEAST_SAMPLES = 10

/**
 * Measures a latency table: sends batches of the given sizes one after another to a server of each type, and
 * takes the time from sending to answer, which is what a dispatcher sees. Open Inference Protocol inputs are
 * filled with zeros. Servers are measured in turn, not at once.
 *
 * @throws KairosError BAD_USAGE for sizes, samples or servers that are not usable; SERVER with address, batch
 *   size and status where a server does not answer; BAD_MODEL for a model that cannot be sent a batch; ABORTED
 */
export async function measureLatency(options: MeasureOptions): Promise<LatencyTable> {
  checkGiven(options)
  const { servers, sizes, samples = 100, kept = [], onMeasured, onProgress, signal } = options
  check(options, samples)
  const total = servers.length * sizes.length
  const bins: MeasuredBin[] = []
  for (const { type, address } of servers) {
    const client = connect(address, { tls: options.tls })
    try {
      const wanted = sizes.map((batchSize) => ({
        batchSize,
        known: kept.find((bin) => bin.type === type && bin.batchSize === batchSize),
      }))
      const send = wanted.every(({ known }) => known) ? undefined : await sender(client, address, options)
      for (const { batchSize, known } of wanted) {
        const measured = known ?? (await measureBin(send!, type, batchSize, options))
        if (!known) await onMeasured?.(measured)
        bins.push(measured)
        onProgress?.(bins.length, total)
      }
    } finally {
      client.close()
    }
  }
  const rows = bins.map(({ samplesMs }) => summariseSorted(Float64Array.from(samplesMs).sort()))
  if (signal?.aborted) throw aborted()
  return {
    types: servers.map(({ type }) => type),
    batchSizes: Float64Array.from(sizes),
    levels: LEVELS,
    samples: Float64Array.from(rows, (row) => row.samples),
    meanMs: Float64Array.from(rows, ({ meanMs }) => meanMs),
    knotsMs: Float64Array.from(rows.flatMap(({ knotsMs }) => [...knotsMs])),
  }
}

type Send = (batchSize: number) => Promise<void>

/** How a batch is sent to a server, in the protocol that it speaks. */
async function sender(client: Client, address: string, options: MeasureOptions): Promise<Send> {
  const { model, timeoutMs = 60_000, signal } = options
  const send = await batchSender(client, model, { timeoutMs, signal }).catch((error: unknown) => {
    if (signal?.aborted) throw aborted()
    throw error instanceof KairosError ? error : unreached(address, error as ServiceError, model)
  })
  return (batch) =>
    new Promise<void>((resolve, reject) => {
      const abort = () => running.cancel()
      const running = send(batch, 0, timeoutMs, (error) => {
        signal?.removeEventListener('abort', abort)
        if (error) reject(refused(error, address, `to a batch of ${batch}`, signal))
        else resolve()
      })
      signal?.addEventListener('abort', abort)
    }).catch((error: unknown) => {
      // a model that takes no such batch
      if (error instanceof KairosError && error.code === 'BAD_MODEL') throw error.at({ field: address })
      throw error
    })
}

async function measureBin(
  send: Send,
  type: string,
  batchSize: number,
  { samples = 100, warmUp = 5, signal }: MeasureOptions,
): Promise<MeasuredBin> {
  const samplesMs: number[] = []
  for (let i = -warmUp; i < samples; i++) {
    if (signal?.aborted) throw aborted()
    const started = performance.now()
    await send(batchSize)
    if (i >= 0) samplesMs.push(performance.now() - started)
  }
  return { type, batchSize, samplesMs }
}

function check({ servers, sizes, warmUp = 5, timeoutMs = 60_000 }: MeasureOptions, samples: number): void {
  const refuse = (field: string, problem: string, cure: string): never => {
    throw new KairosError('BAD_USAGE', problem, { field }, cure)
  }
  checkMs('timeoutMs', timeoutMs, 1)
  if (!Array.isArray(servers) || servers.length === 0)
    refuse('servers', 'names no server', 'at least one is expected')
  servers.forEach(({ type }, i) => {
    if (servers.findIndex((other) => other.type === type) === i) return
    refuse('servers', `names ${type} twice`, 'one server of each type is measured')
  })
  if (!Array.isArray(sizes) || sizes.length === 0)
    refuse('sizes', 'is empty', 'at least one batch size is expected')
  sizes.forEach((size, i) => {
    if (Number.isInteger(size) && size > 0 && size < 2 ** 31 && (i === 0 || size > sizes[i - 1])) return
    refuse(`sizes[${i}]`, `is ${size}`, 'whole numbers > 0 are expected, in increasing order')
  })
  checkWhole('samples', samples, LEAST_SAMPLES)
  checkWhole('warmUp', warmUp, 0)
}

function refused(error: unknown, address: string, what: string, signal?: AbortSignal): KairosError {
  if (signal?.aborted) return aborted()
  const problem = `does not answer ${what}: ${wordsOf(error as Error)}`
  return new KairosError('SERVER', problem, { field: address }, '', { cause: error })
}

function aborted(): KairosError {
  return new KairosError('ABORTED', 'the measurement was ended', {})
}
