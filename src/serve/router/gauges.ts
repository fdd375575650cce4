import { Gauge, type Registry } from 'prom-client'
import type { ServerStatus } from './fleet/server-status.ts'
import type { Pool } from './pool/pool.ts'

/** What has a time series of its own: each instance type, or each server too. */
export type MetricsBy = (typeof METRICS_BY)[number]
export const METRICS_BY = ['type', 'server'] as const

/** What is read outside the pools. */
interface OtherGauges {
  /** Connections of clients. */
  connections(): number
  /** Bytes of requests and responses. */
  heldBytes(): number
  /** When certificates expire, seconds since 1970, by the flag that names their file. */
  expirySeconds(): ReadonlyMap<string, number>
}

const STATES: readonly ServerStatus['state'][] = ['up', 'starting', 'ejected']

/**
 * Adds gauges, which are read from the pools whenever the metrics are. Without a series for each server their number
 * does not grow with the fleet. The label of a server is `server`: Prometheus gives `instance` to the router itself.
 */
export function addGauges(
  registry: Registry,
  by: MetricsBy,
  pools: readonly Pool[],
  others: OtherGauges,
): void {
  const gauge = (name: string, help: string, labelNames: string[], read: (gauge: Gauge) => void) =>
    new Gauge({
      name: `kairos_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset()
        read(this)
      },
    })
  gauge('queue_depth', 'Requests that wait.', ['model'], (depth) => {
    for (const { workload, waiting } of pools) depth.set({ model: workload.model }, waiting)
  })
  gauge('refusing', 'Whether all requests have been refused for five seconds.', ['model'], (of) => {
    for (const pool of pools) of.set({ model: pool.workload.model }, pool.refusingMs > 0 ? 1 : 0)
  })
  gauge('connections', 'Connections of clients.', [], (of) => of.set(others.connections()))
  const bytes = 'Bytes of requests, and of responses that are not read.'
  gauge('buffered_bytes', bytes, [], (of) => of.set(others.heldBytes()))
  const expiry = 'When the first certificate of a file expires, seconds since 1970.'
  gauge('certificate_expiry_timestamp_seconds', expiry, ['certificate'], (of) => {
    for (const [certificate, seconds] of others.expirySeconds()) of.set({ certificate }, seconds)
  })
  gauge('servers', 'Servers, by state.', ['model', 'type', 'state'], (of) => {
    for (const pool of pools) {
      for (const [type, servers] of byType(pool)) {
        for (const state of STATES) {
          const count = servers.filter((server) => server.state === state).length
          of.set({ model: pool.workload.model, type, state }, count)
        }
      }
    }
  })

  const labels = by === 'server' ? ['model', 'type', 'server'] : ['model', 'type']
  /** A gauge of servers, each with its own value, or the values of a type combined. */
  const ofServers =
    (value: (server: ServerStatus) => number, combine: (values: number[]) => number) => (of: Gauge) => {
      for (const pool of pools) {
        const { model } = pool.workload
        for (const [type, servers] of byType(pool)) {
          if (by === 'type') of.set({ model, type }, combine(servers.map(value)))
          else for (const one of servers) of.set({ model, type, server: one.address }, value(one))
        }
      }
    }
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
  const most = (values: number[]) => values.reduce((largest, value) => Math.max(largest, value), 0)
  const inFlight = ofServers((server) => server.inFlight, sum)
  gauge('in_flight', 'Requests that run on servers.', labels, inFlight)
  const slowdown = ofServers((server) => server.slowdown, most)
  const help = 'How many times as long as the latency table says a server takes; by type: the slowest server.'
  gauge('slowdown', help, labels, slowdown)
  if (by === 'server') {
    const isUp = ofServers(({ state }) => (state === 'up' ? 1 : 0), sum)
    gauge('server_up', 'Whether a server can serve.', labels, isUp)
  }
}

function byType(pool: Pool): Map<string, ServerStatus[]> {
  const found = new Map<string, ServerStatus[]>()
  for (const server of pool.servers()) {
    const own = found.get(server.type) ?? []
    own.push(server)
    found.set(server.type, own)
  }
  return found
}
