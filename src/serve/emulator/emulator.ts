import { checkGiven, checkMs, checkWhole, type OptionNames } from '../../model/checks.ts'
import { refuseUsage } from '../../model/errors.ts'
import { slotsByType } from '../../model/fleet/concurrency.ts'
import { checkCounts, instanceTypes } from '../../model/fleet/configuration.ts'
import { type Counts, MAX_SLOTS } from '../../model/fleet/space.ts'
import { randomStreams } from '../../model/random.ts'
import { largestBatchBins } from '../../model/workload/batching.ts'
import { checkWorkload, tableRows, type Workload } from '../../model/workload/workload.ts'
import { LAST_PORT, type Listening } from '../grpc/accept.ts'
import { listen } from '../grpc/listen.ts'
import type { ServerTls } from '../grpc/tls.ts'
import { emulateInstance } from './instance.ts'
import { measureRoundTrip } from './round-trip.ts'
import { emulatedMethods } from './services.ts'

/** Which servers are emulated, and how. */
export interface EmulatorOptions {
  /**
   * The model, and the latency table from which service times are drawn. With `batching`, what waits at a server is
   * served as one batch.
   */
  readonly workload: Workload
  /** Instance types of the latency table. */
  readonly types: readonly string[]
  /** Instances of each type, numbered type by type. */
  readonly counts: Counts
  /** The number of the first instance, which selects its random stream: 0 to 999,999; 0 unless given. */
  readonly firstNumber?: number | undefined
  /**
   * Queries that each server takes at the same time, each within the times of the table: one number for all, or one for
   * each of `types`; 1 unless given.
   */
  readonly slots?: number | readonly number[] | undefined
  /** 127.0.0.1 unless given. */
  readonly host?: string | undefined
  /** Port of the first instance; the others follow. Unless given, each instance gets a free port. */
  readonly port?: number | undefined
  /** Seed of the service times: a whole number from 0 to 2^32 - 1; 1 unless given. */
  readonly seed?: number | undefined
  /**
   * The round trip of a call, ms. Queries are answered earlier by this time, so that a client sees the times of the
   * table. Measured at the start unless given.
   */
  readonly overheadMs?: number | undefined
  readonly tls?: ServerTls | undefined
  /** Largest request, bytes; 64 MiB unless given. */
  readonly maxMessageBytes?: number | undefined
}

const OPTIONS: OptionNames<EmulatorOptions> = {
  workload: true,
  types: true,
  counts: true,
  slots: true,
  firstNumber: true,
  host: true,
  port: true,
  seed: true,
  overheadMs: true,
  tls: true,
  maxMessageBytes: true,
}

/** An emulated server. */
export interface EmulatedServer {
  readonly address: string
  readonly type: string
  /** Queries that it takes at the same time. */
  readonly slots: number
  /** Queries served so far, and the batches that they were served in. */
  readonly served: number
  readonly batches: number
  /** Multiplies further service times by `factor`, above 0; 1 is as in the table. @throws KairosError BAD_USAGE */
  slowDown(factor: number): void
  /** Stops this server at once, like a machine that fails. */
  stop(): Promise<void>
}

/** A set of emulated servers. */
export interface Emulator {
  readonly servers: readonly EmulatedServer[]
  /** Stops all servers; running queries have `graceMs` to end (0 unless given). */
  close(graceMs?: number): Promise<void>
}

const MAX_MESSAGE_BYTES = 64 * 2 ** 20

/** Limit of servers on one machine. */
export const MOST_SERVERS = 1_000

/** The largest number of a first instance: the random stream of this number takes half a second. */
export const LAST_FIRST_NUMBER = 999_999

/** Starts a server for each instance of a configuration: `startEmulator` of src/serve.ts, which says how. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  checkGiven(options, OPTIONS)
  const {
    workload,
    types,
    counts,
    host,
    port = 0,
    firstNumber = 0,
    slots = 1,
    seed = 1,
    tls,
    maxMessageBytes = MAX_MESSAGE_BYTES,
  } = options
  checkWorkload(workload)
  checkWhole('port', port, 0, LAST_PORT)
  checkWhole('firstNumber', firstNumber, 0, LAST_FIRST_NUMBER)
  if (typeof slots === 'number') checkWhole('slots', slots, 1, MAX_SLOTS)
  checkWhole('maxMessageBytes', maxMessageBytes, 1, 2 ** 31 - 1)
  if (options.overheadMs !== undefined) checkMs('overheadMs', options.overheadMs, 0)
  const rows = tableRows(workload.latency, types)
  const slotsOf = slotsByType(workload.latency, types, slots)
  checkCounts(types, counts, 1, MOST_SERVERS)
  const typeOf = instanceTypes(counts)
  const { batchSizes } = workload.latency
  const largest = Array.from(largestBatchBins(workload.batching, types, batchSizes), (bin) =>
    bin < 0 ? 0 : batchSizes[bin],
  )
  if (port + typeOf.length - 1 > LAST_PORT) {
    const problem = `is ${port} for the first of ${typeOf.length} servers`
    refuseUsage('port', problem, `the last port is ${LAST_PORT}`)
  }
  const overheadMs = options.overheadMs ?? (await measureRoundTrip())
  const started: { server: EmulatedServer; listening: Listening }[] = []
  const streams = randomStreams(seed, firstNumber, typeOf.length)
  try {
    for (const [index, t] of typeOf.entries()) {
      const serving = { overheadMs, slots: slotsOf[t], largestBatch: largest[t] }
      const instance = emulateInstance(workload.latency, rows[t], streams[index], serving)
      const methods = emulatedMethods(instance, workload.model, firstNumber + index)
      const own = { host, tls, maxMessageBytes, port: port === 0 ? 0 : port + index }
      const listening = await listen(methods, own)
      started.push({
        listening,
        server: {
          address: listening.address,
          type: types[t],
          slots: slotsOf[t],
          get served() {
            return instance.served
          },
          get batches() {
            return instance.batches
          },
          slowDown: instance.slowDown,
          async stop() {
            instance.stop()
            await listening.close(0)
          },
        },
      })
    }
  } catch (error) {
    await Promise.all(started.map(({ server }) => server.stop()))
    throw error
  }
  return {
    servers: started.map(({ server }) => server),
    async close(graceMs = 0) {
      checkMs('graceMs', graceMs, 0)
      await Promise.all(started.map(({ listening }) => listening.close(graceMs)))
      await Promise.all(started.map(({ server }) => server.stop()))
    },
  }
}
