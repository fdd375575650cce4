import {
  checkChoice,
  checkGiven,
  checkMs,
  checkWhole,
  isDoubles,
  type OptionNames,
  valueText,
} from '../../model/checks.ts'
import { KairosError, refuseUsage as refuse } from '../../model/errors.ts'
import { isAddress } from '../../model/fleet/fleet.ts'
import { MAX_SLOTS } from '../../model/fleet/space.ts'
import type { OnProgress } from '../../model/progress.ts'
import { randomStream } from '../../model/random.ts'
import type { MeasuredRound, Measurement } from '../../model/results/measurement.ts'
import type { LatencyTable } from '../../model/workload/latency-table.ts'
import { LEVELS, summariseSorted } from '../../model/workload/summary.ts'
import type { CallFailure } from '../grpc/client/remote-method.ts'
import type { ClientTls } from '../grpc/tls.ts'
import { type AskedInputs, checkAskedInputs } from '../protocols/model-inputs.ts'
import type { Sender, ServerProtocol } from './batch-sender.ts'
import { measureClient, withEcho } from './client-cost.ts'
import { detectBatching } from './detect-batching.ts'
import { oneAfterAnother } from './one-after-another.ts'
import { measureRounds, type Send } from './rounds.ts'
import { openSender, sendOf } from './sender.ts'
import { serverError } from './server-error.ts'

/** Whether the time of the client itself is measured, and taken off the samples. */
export const CLIENT_COSTS = ['measure', 'subtract', 'skip'] as const

/** Which servers are measured, and how. */
export interface MeasureOptions extends AskedInputs {
  /** A live server of each instance type. */
  readonly servers: readonly { readonly type: string; readonly address: string }[]
  /** Batch sizes, the bins of the table: whole numbers, strictly increasing. */
  readonly sizes: readonly number[]
  /** Samples per bin; 100 unless given. */
  readonly samples?: number | undefined
  /** The levels of the quantiles, increasing from 0 to 1; those of the shipped tables unless given. */
  readonly levels?: Float64Array | undefined
  /** Requests of each size before the samples, which are dropped; 5 unless given. */
  readonly warmUp?: number | undefined
  /**
   * Requests that are under way at the same time, as many as the server has slots; 1 unless given. With more than one
   * it is tried first whether the server batches; if it does, its times are taken one request at a time.
   */
  readonly concurrency?: number | undefined
  /** `measure` unless given. */
  readonly clientCost?: (typeof CLIENT_COSTS)[number] | undefined
  /** The model in the Open Inference Protocol; absent: the published protocol, which has no models. */
  readonly model?: string | undefined
  /** Time limit of a request, ms; a minute unless given. */
  readonly timeoutMs?: number | undefined
  readonly tls?: ClientTls | undefined
  /** The seed of the order of sizes; 1 unless given. */
  readonly seed?: number | undefined
  /** Rounds from an earlier run, which are not measured again. */
  readonly kept?: readonly MeasuredRound[] | undefined
  /** Called with each measured round, so that it can be kept for another run. */
  readonly onMeasured?: ((measured: MeasuredRound) => Promise<void> | void) | undefined
  /** Receives sentences about what was assumed or found. */
  readonly onNote?: ((note: string) => void) | undefined
  /** Called after each round. */
  readonly onProgress?: OnProgress | undefined
  readonly signal?: AbortSignal | undefined
}

const OPTIONS: OptionNames<MeasureOptions> = {
  servers: true,
  sizes: true,
  samples: true,
  levels: true,
  warmUp: true,
  concurrency: true,
  clientCost: true,
  model: true,
  inputs: true,
  shapes: true,
  timeoutMs: true,
  tls: true,
  seed: true,
  kept: true,
  onMeasured: true,
  onNote: true,
  onProgress: true,
  signal: true,
}

type MeasureSettings = ReturnType<typeof settingsOf>

/** The options with their defaults. */
function settingsOf(options: MeasureOptions) {
  const { samples = 100, levels = LEVELS, warmUp = 5, concurrency = 1, clientCost = 'measure' } = options
  const { timeoutMs = 60_000, seed = 1, kept = [] } = options
  return { ...options, samples, levels, warmUp, concurrency, clientCost, timeoutMs, seed, kept }
}

/** The largest batch in the published protocol, which has a whole number of 32 bits for it. */
const LARGEST_SIZE = 2 ** 31 - 1

/** Fewer samples give no useful tail. */
const LEAST_SAMPLES = 10

/** What is left at least where the time of the client is taken off, ms. */
const LEAST_MS = 0.001

interface MeasuredServer {
  /** By round, then by size, ms. */
  readonly rounds: readonly (readonly number[])[]
  /** By size, ms; empty where it is not measured. */
  readonly clientMs: Float64Array
  readonly concurrency: number
  /** Undefined for a server that does not batch, or where it cannot be told. */
  readonly maxBatch: number | undefined
}

/** Measures a latency table. `measureLatency` of src/serve.ts says how, and what is thrown. */
export async function measureLatency(options: MeasureOptions): Promise<Measurement> {
  checkGiven(options, OPTIONS)
  const settings = settingsOf(options)
  check(settings)
  const { servers, sizes, samples, levels, kept, clientCost, onMeasured, onProgress, signal } = settings
  const total = servers.length * samples
  let done = 0
  const measured: MeasuredServer[] = []
  for (const { type, address } of servers) {
    const known = kept.filter((round) => round.type === type).slice(0, samples)
    done += known.length
    if (known.length > 0) onProgress?.({ done, total })
    const server = await measureServer(address, settings, known, async (samplesMs) => {
      await onMeasured?.({ type, samplesMs })
      onProgress?.({ done: ++done, total })
    })
    measured.push(server)
  }
  const rows = measured.flatMap(({ rounds, clientMs }) => {
    return sizes.map((_, k) => {
      const cost = clientCost === 'subtract' ? clientMs[k] : 0
      const times = rounds.map((samplesMs) =>
        cost === 0 ? samplesMs[k] : Math.max(LEAST_MS, samplesMs[k] - cost),
      )
      return summariseSorted(Float64Array.from(times).sort(), levels)
    })
  })
  signal?.throwIfAborted()
  const latency: LatencyTable = {
    types: servers.map(({ type }) => type),
    batchSizes: Float64Array.from(sizes),
    levels,
    samples: Float64Array.from(rows, (row) => row.samples),
    concurrency: Float64Array.from(measured, ({ concurrency }) => concurrency),
    meanMs: Float64Array.from(rows, ({ meanMs }) => meanMs),
    knotsMs: Float64Array.from(rows.flatMap(({ knotsMs }) => [...knotsMs])),
  }
  const batching = servers.flatMap(({ type }, t) => {
    const { maxBatch } = measured[t]
    return maxBatch === undefined ? [] : [[type, maxBatch] as const]
  })
  const clientMs = Float64Array.from(measured.flatMap(({ clientMs }) => [...clientMs]))
  return { latency, clientMs, maxBatch: Object.fromEntries(batching) }
}

async function measureServer(
  address: string,
  settings: MeasureSettings,
  known: readonly MeasuredRound[],
  onRound: (samplesMs: readonly number[]) => Promise<void>,
): Promise<MeasuredServer> {
  const { sizes, samples, warmUp, clientCost, timeoutMs, seed, model, signal } = settings
  const sender = await open(address, settings)
  try {
    const send = sendOf(sender, address, { model, timeoutMs, signal })
    const { concurrency, maxBatch } = await howItServes(send, sender.protocol, address, settings)
    const rounds = known.map(({ samplesMs }) => samplesMs)
    const uniform = randomStream(seed, 0)
    const asked = { sizes, concurrency, uniform, signal }
    await measureRounds(send, { ...asked, warmUp, rounds: samples - rounds.length }, (samplesMs) => {
      rounds.push(samplesMs)
      return onRound(samplesMs)
    })
    const clientMs =
      clientCost === 'skip' ? new Float64Array() : await measureClient(model, sender.protocol, asked)
    return { rounds, clientMs, concurrency, maxBatch }
  } finally {
    sender.close()
  }
}

/** At which concurrency a server is to be measured, and how large its batches are. */
async function howItServes(
  send: Send,
  protocol: ServerProtocol,
  address: string,
  { sizes, concurrency, model, signal, onNote }: MeasureSettings,
): Promise<Pick<MeasuredServer, 'concurrency' | 'maxBatch'>> {
  if (concurrency === 1) return { concurrency, maxBatch: undefined }
  const found = await withEcho(model, protocol, signal, (echo) =>
    detectBatching(send, sizes, concurrency, echo),
  )
  if (typeof found === 'number') {
    onNote?.(
      `${address}: the server batches concurrent requests, up to about ${found} items, unless it has more slots than the concurrency of ${concurrency}. Latency is measured one request at a time: a batch takes as long as one request of its total size`,
    )
    return { concurrency: 1, maxBatch: found }
  }
  const untold = 'whether requests that come together are served as one batch cannot be told'
  const notes = {
    none: 'requests that come together are not served as one batch',
    parallel: `requests that come together are served at the same time, and not as one batch: the server has more slots than the concurrency of ${concurrency}; measure with as many as it has`,
    unknown: `${untold}: a batch of these sizes takes about as long as its requests one after another`,
    clientTooSlow: `${untold}: this machine takes about as long to send the requests as the server to serve them; try a smaller concurrency, larger sizes, or a faster machine`,
  }
  onNote?.(`${address}: ${notes[found ?? 'none']}`)
  const ratio =
    found === undefined ? await oneAfterAnother(send, sizes[sizes.length - 1], concurrency) : undefined
  if (ratio !== undefined) {
    onNote?.(
      `${address}: ${concurrency} requests at the same time take ${ratio.toFixed(1)} times as long as one, and the times contain their waiting: measure with a concurrency of 1 if the server takes one at a time`,
    )
  }
  return { concurrency, maxBatch: undefined }
}

async function open(address: string, settings: MeasureSettings): Promise<Sender> {
  const { model, tls, timeoutMs, inputs, shapes, onNote, signal } = settings
  const told = onNote && ((note: string) => onNote(`${address}: ${note}`))
  const asked = { model, tls, timeoutMs, inputs, shapes, onNote: told, signal }
  return openSender(address, asked).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw error instanceof KairosError
      ? error.at({ field: error.place.field ?? address })
      : serverError(address, error as CallFailure, model)
  })
}

function check(settings: MeasureSettings): void {
  const { servers, sizes, samples, levels, warmUp, timeoutMs, concurrency, clientCost, model } = settings
  checkMs('timeoutMs', timeoutMs, 1)
  if (!Array.isArray(servers) || servers.length === 0)
    refuse('servers', 'names no server', 'at least one is expected')
  servers.forEach((server, i) => {
    if (typeof server?.type !== 'string' || server.type === '' || typeof server.address !== 'string')
      refuse(`servers[${i}]`, 'has no type or no address', '{ type, address } is expected')
    const { type, address } = server
    if (!isAddress(address)) refuse(`servers[${i}].address`, `is "${address}"`, 'host:port is expected')
    if (servers.findIndex((other) => other.type === type) === i) return
    refuse('servers', `names ${type} twice`, 'one server of each type is measured')
  })
  if (!Array.isArray(sizes) || sizes.length === 0)
    refuse('sizes', 'is empty', 'at least one batch size is expected')
  sizes.forEach((size, i) => {
    if (Number.isInteger(size) && size > 0 && size <= LARGEST_SIZE && (i === 0 || size > sizes[i - 1])) return
    const cure = `whole numbers from 1 to ${LARGEST_SIZE} are expected, in increasing order`
    refuse(`sizes[${i}]`, `is ${valueText(size)}`, cure)
  })
  if (!isDoubles(levels))
    refuse('levels', 'is no Float64Array', 'one of increasing levels from 0 to 1 is expected')
  const isIncreasing = levels.every((level, i) => i === 0 || level > levels[i - 1])
  if (!isIncreasing || levels[0] !== 0 || levels[levels.length - 1] !== 1)
    refuse('levels', `are ${levels.join(', ')}`, 'increasing levels from 0 to 1 are expected')
  checkKept(settings)
  checkWhole('samples', samples, LEAST_SAMPLES)
  checkWhole('warmUp', warmUp, 0)
  checkWhole('concurrency', concurrency, 1, MAX_SLOTS)
  checkChoice('clientCost', clientCost, CLIENT_COSTS)
  checkAskedInputs(model, settings)
}

/** @throws KairosError BAD_USAGE for rounds of an earlier run that have no time for each of the sizes */
function checkKept({ kept, sizes }: MeasureSettings): void {
  if (!Array.isArray(kept)) refuse('kept', 'is no list', 'the rounds of onMeasured are expected')
  kept.forEach((round: MeasuredRound | null, i) => {
    const { type, samplesMs } = round ?? {}
    const isRound =
      typeof type === 'string' &&
      Array.isArray(samplesMs) &&
      samplesMs.length === sizes.length &&
      samplesMs.every((ms) => Number.isFinite(ms) && ms >= 0)
    if (!isRound)
      refuse(`kept[${i}]`, 'is no round', `a type and ${sizes.length} times are expected, one for each size`)
  })
}
