import { nearest } from '../nearest.ts'
import type { Workload } from '../workload/workload.ts'
import { slotsFault } from './concurrency.ts'

/** A live instance: its address, its type and its model. */
export interface FleetServer {
  /** `host:port`. */
  readonly address: string
  /** Instance type, a name of the latency table. */
  readonly type: string
  /** The name of the model at the server; the name of the workload unless given. */
  readonly model?: string | undefined
  /** Requests that it takes at the same time, or batches, in all of its models together; 1 unless given. */
  readonly slots?: number | undefined
  /** How it gets the requests of a batch; the default of the router unless given. */
  readonly batching?: SendBatches | undefined
}

/**
 * How a server gets requests that start together: as separate requests at the same moment, which the server batches
 * itself, or joined into one.
 */
export type SendBatches = (typeof SEND_BATCHES)[number]
export const SEND_BATCHES = ['parallel', 'merge'] as const

/** host:port, where host is a name, an IPv4 address, or an IPv6 address in brackets. */
export const ADDRESS =
  /^(\[[\da-f:.]+(%\w+)?\]|[\w.-]+):([1-9]\d{0,3}|[1-5]\d{4}|6([0-4]\d{3}|5([0-4]\d\d|5([0-2]\d|3[0-5]))))$/i

/** Whether a value is `host:port`, and a host that a URL can have: 10.0.0.256 is none. */
export function isAddress(value: unknown): value is string {
  return typeof value === 'string' && ADDRESS.test(value) && URL.canParse(`http://${value}`)
}

/** What is expected of a value that is no address. */
export function expectedAddress(value: unknown): string {
  const [scheme] = (typeof value === 'string' && /^(unix:|https?:\/\/)/.exec(value)) || []
  if (scheme === undefined) return 'host:port'
  return scheme === 'unix:'
    ? 'host:port; Unix sockets are not supported, so let the server listen on a port'
    : `host:port without ${scheme}`
}

/** Why a router cannot use a server, with the field that is wrong. */
interface ServerFault {
  readonly field: 'model' | 'type' | 'slots'
  readonly problem: string
  readonly cure: string
}

/** The workload of a server. With a single workload all servers serve it, whatever their name of the model. */
export function workloadOf({ model }: FleetServer, workloads: readonly Workload[]): Workload | undefined {
  if (workloads.length === 1 || model === undefined) return workloads[0]
  return workloads.find((workload) => workload.model === model)
}

/**
 * What is wrong with a server: a model without a workload, a type that its table lacks, or slots at which the table was
 * not taken. Undefined if nothing is.
 */
export function serverFault(server: FleetServer, workloads: readonly Workload[]): ServerFault | undefined {
  const { address, type, slots = 1 } = server
  const workload = workloadOf(server, workloads)
  if (!workload) {
    const problem = `${address} serves "${server.model}", of which there is no workload`
    return { field: 'model', problem, cure: `there is ${workloads.map(({ model }) => model).join(', ')}` }
  }
  const { model, latency } = workload
  const fault = slotsFault(latency, type, slots)
  if (fault) return { field: 'slots', problem: `of ${address} ${fault.problem}`, cure: fault.cure }
  if (latency.types.includes(type)) return undefined
  const problem = `${address} is of type "${type}", which the table of ${model} lacks`
  const meant = nearest(type, latency.types)
  const cure = meant === undefined ? `it has ${latency.types.join(', ')}` : `did you mean "${meant}"?`
  return { field: 'type', problem, cure }
}
