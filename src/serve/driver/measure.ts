import { checkGiven, checkMs, checkWhole, type OptionNames } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
import type { LatencyTable } from '../../model/latency-table.ts'
import type { OnProgress } from '../../model/progress.ts'
import type { MeasuredBin } from '../../model/results/measurement.ts'
import { LEVELS, summariseSorted } from '../../model/summary.ts'
import { describeError } from '../grpc/connect.ts'
import type { ClientTls } from '../grpc/tls.ts'
import type { CallFailure, Sender } from './batch-sender.ts'
import { openSender } from './sender.ts'
import { unreachable } from './servers.ts'

/** Which servers are measured, and how. */
export interface MeasureOptions {
  /** A live server of each instance type. */
  readonly servers: readonly { readonly type: string; readonly address: string }[]
  /** Batch sizes, the bins of the table: whole numbers, strictly increasing. */
  readonly sizes: readonly number[]
  /** Samples per bin; 100 unless given. */
  readonly samples?: number | undefined
  /** Requests before the samples of each bin, which are dropped; 5 unless given. */
  readonly warmUp?: number | undefined
  /** The model in the Open Inference Protocol; absent: the published protocol, which has no models. */
  readonly model?: string | undefined
  /** Time limit of a request, ms; a minute unless given. */
  readonly timeoutMs?: number | undefined
  readonly tls?: ClientTls | undefined
  /** Bins from an earlier run, which are not measured again. */
  readonly kept?: readonly MeasuredBin[] | undefined
  /** Called with each measured bin, so that it can be kept for another run. */
  readonly onMeasured?: ((measured: MeasuredBin) => Promise<void> | void) | undefined
  /** Called after each bin. */
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

const OPTIONS: OptionNames<MeasureOptions> = {
  servers: true,
  sizes: true,
  samples: true,
  warmUp: true,
  model: true,
  timeoutMs: true,
  tls: true,
  kept: true,
  onMeasured: true,
  onProgress: true,
  signal: true,
}

/** Fewer samples give no useful tail. */
const LEAST_SAMPLES = 10

/**
 * Measures a latency table: sends batches of the given sizes, one after another, to a server of each type, and takes
 * the time from request to answer, as a dispatcher sees it. Inputs of the Open Inference Protocol are zeros. Servers
 * are measured one after another.
 *
 * @throws KairosError BAD_USAGE for invalid sizes, samples or servers; SERVER with address, batch size and status if
 *   a server does not answer; BAD_MODEL for a model that takes no such batch; the reason of an aborted signal
 */
export async function measureLatency(options: MeasureOptions): Promise<LatencyTable> {
  checkGiven(options, OPTIONS)
  const { servers, sizes, samples = 100, kept = [], onMeasured, onProgress, signal } = options
  check(options, samples)
  const total = servers.length * sizes.length
  const bins: MeasuredBin[] = []
  for (const { type, address } of servers) {
    const wanted = sizes.map((batchSize) => ({
      batchSize,
      known: kept.find((bin) => bin.type === type && bin.batchSize === batchSize),
    }))
    const opened = wanted.every(({ known }) => known) ? undefined : await open(address, options)
    const send = opened && senderOf(opened, address, options)
    try {
      for (const { batchSize, known } of wanted) {
        const measured = known ?? (await measureBin(send!, type, batchSize, options))
        if (!known) await onMeasured?.(measured)
        bins.push(measured)
        onProgress?.({ done: bins.length, total })
      }
    } finally {
      opened?.close()
    }
  }
  const rows = bins.map(({ samplesMs }) => summariseSorted(Float64Array.from(samplesMs).sort()))
  signal?.throwIfAborted()
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

async function open(address: string, options: MeasureOptions): Promise<Sender> {
  const { model, tls, timeoutMs = 60_000, signal } = options
  return openSender(address, { model, tls, timeoutMs, signal }).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw error instanceof KairosError ? error : unreachable(address, error as CallFailure, model)
  })
}

function senderOf({ send }: Sender, address: string, { timeoutMs = 60_000, signal }: MeasureOptions): Send {
  return (batch) =>
    new Promise<void>((resolve, reject) => {
      const abort = () => running.cancel()
      const running = send(batch, 0, timeoutMs, (error) => {
        signal?.removeEventListener('abort', abort)
        if (error) reject(unanswered(error, address, batch, signal))
        else resolve()
      })
      signal?.addEventListener('abort', abort)
    }).catch((error: unknown) => {
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
    signal?.throwIfAborted()
    const started = performance.now()
    await send(batchSize)
    if (i >= 0) samplesMs.push(performance.now() - started)
  }
  return { type, batchSize, samplesMs }
}

function check({ servers, sizes, warmUp = 5, timeoutMs = 60_000 }: MeasureOptions, samples: number): void {
  const reject = (field: string, problem: string, cure: string): never => {
    throw new KairosError('BAD_USAGE', problem, { field }, cure)
  }
  checkMs('timeoutMs', timeoutMs, 1)
  if (!Array.isArray(servers) || servers.length === 0)
    reject('servers', 'names no server', 'at least one is expected')
  servers.forEach(({ type }, i) => {
    if (servers.findIndex((other) => other.type === type) === i) return
    reject('servers', `names ${type} twice`, 'one server of each type is measured')
  })
  if (!Array.isArray(sizes) || sizes.length === 0)
    reject('sizes', 'is empty', 'at least one batch size is expected')
  sizes.forEach((size, i) => {
    if (Number.isInteger(size) && size > 0 && size < 2 ** 31 && (i === 0 || size > sizes[i - 1])) return
    reject(`sizes[${i}]`, `is ${size}`, 'whole numbers > 0 are expected, in increasing order')
  })
  checkWhole('samples', samples, LEAST_SAMPLES)
  checkWhole('warmUp', warmUp, 0)
}

function unanswered(error: Error, address: string, batch: number, signal?: AbortSignal): KairosError {
  if (signal?.aborted) return signal.reason
  const problem = `does not answer to a batch of ${batch}: ${describeError(error)}`
  return new KairosError('SERVER', problem, { field: address }, '', { cause: error })
}
