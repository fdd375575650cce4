/**
 * Several router processes on one port. The first process accepts connections and hands them out in turn; each of the
 * others routes on its shard of the fleet. The first one shows the metrics and the readiness of all.
 */
import cluster, { type Worker } from 'node:cluster'
import { type ErrorParts, errorOf, KairosError, partsOf } from '../model/errors.ts'
import type { FleetShard } from '../model/fleet/shard.ts'
import { clockMs } from './machine-clock.ts'
import { serveAdmin } from './router/admin.ts'
import { createMetricsSum, type MetricsSum } from './sum-metrics.ts'

/** The environment variable that tells a process its place among the others. */
const PLACE = 'KAIROS_ROUTER_PROCESS'

/**
 * The environment variable of a restarted process: since when all processes have served, on the clock of `clockMs`, or
 * the time of the restart if they have not yet.
 */
const SINCE = 'KAIROS_ROUTER_SINCE'

/** What a process reports when it serves. */
interface Started {
  readonly address: string
  readonly adminAddress: string
  /** What it would print. */
  readonly line: string
}

/** What a process reports that cannot start, in place of printing it. */
interface NotStarted {
  readonly error: ErrorParts
}

interface ProcessesOptions {
  readonly count: number
  readonly adminHost: string
  readonly adminPort: number
  /**
   * Called when a process has ended, or could not start again, and is started again.
   *
   * @param how it has ended: "with status 1", or "by SIGKILL"
   * @param why it could not start, if it has said so
   */
  onRestart(index: number, how: string, why: string | undefined): void
}

/**
 * A young generation of twice 64 MB: few objects of a request survive, and collecting them took a quarter of the
 * router's time.
 */
const YOUNG_GENERATION = '--max-semi-space-size=64'

/**
 * Node reads NODE_OPTIONS from left to right, then its arguments, and the last value counts: the user's value does.
 */
function nodeOptions(): string {
  return `${YOUNG_GENERATION} ${process.env.NODE_OPTIONS ?? ''}`.trimEnd()
}

/** How long the first process waits for the metrics or the readiness of another one, ms. */
const ASK_MS = 2_000

/** Time until a process that has served and ended is started again, ms. */
const RESTART_MS = 300

/** Time until a process that could not start is started again, ms. */
const START_AGAIN_MS = 2_000

/** A process, what it has reported once it serves, and whether it has to read the files again then. */
interface Entry {
  readonly worker: Worker
  started: Started | undefined
  /** Why it could not start. */
  error?: KairosError
  isStale: boolean
}

/** The place of this process among several; undefined for one that stands alone or is the first. */
export function placeOfProcess(): FleetShard | undefined {
  const place = process.env[PLACE]
  if (place === undefined || !cluster.isWorker) return undefined
  const [index, count] = place.split('/').map(Number)
  return { index, count }
}

/**
 * For how long the processes have served, ms; 0 unless this one was started again. If they had not all started by then,
 * the time since this one was started again.
 */
export function servedMs(): number {
  const since = process.env[SINCE]
  return since === undefined || !cluster.isWorker ? 0 : clockMs() - Number(since)
}

/** Reports to the first process that this one serves. */
export function reportStarted(started: Started): void {
  process.send?.(started)
}

/**
 * Lets this process, which could not start, end with its status as soon as nothing else keeps it alive.
 *
 * @returns whether the first process has been told the error, and says it
 */
export async function leaveProcesses(error: unknown): Promise<boolean> {
  const isTold = placeOfProcess() !== undefined && error instanceof KairosError
  if (isTold) {
    const notStarted: NotStarted = { error: partsOf(error) }
    // that it cannot be sent is no matter: the first process has ended
    await new Promise((resolve) => process.send?.(notStarted, undefined, undefined, resolve))
  }
  process.channel?.unref()
  return isTold
}

/** Ends this process, which the channel to the first one keeps alive. */
export function endProcess(): void {
  process.disconnect?.()
}

/**
 * Starts the processes, each with the arguments of this one.
 *
 * @throws the error of the first process that says why it cannot start; KairosError BAD_USAGE if one ends at once
 *   without
 */
export async function startProcesses(options: ProcessesOptions) {
  const { count, adminHost, adminPort, onRestart } = options
  const running = new Map<number, Entry>()
  const restarts = new Set<NodeJS.Timeout>()
  const metrics = createMetricsSum()
  /** When all had started. */
  let sinceMs: number | undefined
  let closing = false

  function start(index: number, isRestart: boolean): Promise<Started> {
    const since = isRestart ? { [SINCE]: sinceMs ?? clockMs() } : {}
    return new Promise((resolve, reject) => {
      const ended = (how: string, hasServed: boolean, why?: string) => {
        if (!hasServed) {
          const problem = `router process ${index + 1} ended ${how}`
          const cure = 'see the log above, or find the cause with --processes 1'
          reject(new KairosError('BAD_USAGE', problem, {}, cure))
        }
        if (closing || !(hasServed || isRestart)) return
        onRestart(index, how, why)
        const again = () => {
          restarts.delete(timer)
          // a start that fails calls `ended` too
          start(index, true).catch(() => undefined)
        }
        const timer = setTimeout(again, hasServed ? RESTART_MS : START_AGAIN_MS)
        restarts.add(timer)
      }
      const notBegun = (error: unknown) => ended(`before it began: ${(error as Error).message}`, false)
      let worker: Worker
      try {
        worker = cluster.fork({ [PLACE]: `${index}/${count}`, NODE_OPTIONS: nodeOptions(), ...since })
      } catch (error) {
        return notBegun(error)
      }
      const entry: Entry = { worker, started: undefined, isStale: false }
      running.set(index, entry)
      worker.on('message', (message: Started | NotStarted) => {
        if ('error' in message) {
          entry.error = errorOf(message.error)
          return reject(entry.error)
        }
        entry.started = message
        if (entry.isStale) worker.process.kill('SIGHUP')
        resolve(message)
      })
      worker.on('exit', (code, signal) => {
        running.delete(index)
        metrics.end(index)
        // a process that a signal has ended has no status
        const how = signal ? `by ${signal}` : `with status ${code}`
        const end = () => ended(how, entry.started !== undefined, entry.error?.message)
        // what it has said may not be read yet
        if (worker.isConnected()) worker.once('disconnect', end)
        else end()
      })
      // a process that could not begin, for instance because too many files are open, emits no exit
      worker.on('error', (error) => {
        if (worker.process.pid === undefined && running.delete(index)) notBegun(error)
      })
    })
  }

  // a process that begins when this one has ended prints an error of Node
  const endStarting = () => {
    for (const { worker, started } of running.values()) {
      if (started === undefined) worker.process.kill('SIGKILL')
    }
  }
  process.on('exit', endStarting)

  const close = async () => {
    closing = true
    for (const timer of restarts) clearTimeout(timer)
    const ended = Array.from(running.values(), ({ worker }) => {
      return new Promise((resolve) => worker.once('exit', resolve))
    })
    for (const { worker } of running.values()) worker.process.kill('SIGTERM')
    await Promise.all(ended)
    process.off('exit', endStarting)
  }

  const ask = async (path: string) => {
    const asked = Array.from({ length: count }, async (_, index) => {
      const entry = running.get(index)
      if (entry?.started === undefined) return undefined
      const url = `http://${entry.started.adminAddress}${path}`
      const response = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) })
      return { entry, ok: response.ok, text: await response.text() }
    })
    const found = await Promise.all(asked.map((one) => one.catch(() => undefined)))
    // the answer of a process that has ended meanwhile does not count for the one that has replaced it
    return found.map((one, index) => (one?.entry === running.get(index) ? one : undefined))
  }

  try {
    const [{ address, adminAddress, line }] = await Promise.all(
      Array.from({ length: count }, (_, index) => start(index, false)),
    )
    sinceMs = clockMs()
    const admin = await serveAdmin(adminHost, adminPort, shownOf(count, ask, metrics))
    return {
      address,
      adminAddress: admin.address,
      line: line.replace(adminAddress, admin.address),
      /** Lets all processes read the fleet and the certificates again. */
      reload(): void {
        for (const entry of running.values()) {
          // a process that is starting may have read the old files, and does not handle the signal yet
          if (entry.started === undefined) entry.isStale = true
          else entry.worker.process.kill('SIGHUP')
        }
      },
      /** Asks all processes to end, and waits for them. */
      async close(): Promise<void> {
        await close()
        await admin.close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

type Ask = (path: string) => Promise<({ ok: boolean; text: string } | undefined)[]>

/** What all processes show: the sum of their metrics; they are ready if every process is. */
function shownOf(count: number, ask: Ask, sum: MetricsSum) {
  return {
    async notReady() {
      const found = await ask('/readyz')
      const failing = found.findIndex((one) => !one?.ok)
      if (failing < 0) return undefined
      return `process ${failing + 1} of ${count}: ${found[failing]?.text ?? 'does not answer'}`
    },
    async metrics() {
      const found = await ask('/metrics')
      const texts = found.map((one) => (one?.ok ? one.text : undefined))
      const answering = texts.filter((text) => text !== undefined).length
      return `${sum.of(texts)}# HELP kairos_processes Router processes that answer.\n# TYPE kairos_processes gauge\nkairos_processes ${answering}\n`
    },
  }
}
