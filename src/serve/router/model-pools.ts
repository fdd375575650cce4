/** A pool for each model that a router serves, and the servers of all of them. */
import { isDeepStrictEqual } from 'node:util'
import type { FleetServer } from '../../model/fleet/fleet.ts'
import { realClock } from '../clock.ts'
import { channelTlsOf } from '../grpc/client/session.ts'
import type { ClientTls } from '../grpc/tls.ts'
import { openServerBackend } from './backends/backend.ts'
import type { PoolListener } from './events.ts'
import { createSlotTable } from './fleet/shared-slots.ts'
import { createPool, type Pool } from './pool/pool.ts'
import type { RouterSettings } from './router-options.ts'
import { serversByModel } from './servers-by-model.ts'

/**
 * @param listenersOf who is told what happens in the pool of a model
 * @throws KairosError BAD_USAGE if a certificate cannot be used
 */
export function createModelPools(
  settings: RouterSettings,
  listenersOf: (model: string) => readonly PoolListener[],
) {
  const { workloads, policy, protocols, translate, sendBatches } = settings
  const { queue, admission, maxWaitMs, maxMessageBytes, healthIntervalMs } = settings
  const slotTable = createSlotTable()
  let tls = settings.serverTls
  let channelTls = channelTlsOf(tls)
  /** Counts the certificates towards servers. */
  let tlsGeneration = 0
  let fleet: readonly FleetServer[] = []
  let isClosed = false
  const byModel: ReadonlyMap<string, Pool> = new Map(
    workloads.map((workload) => {
      const { model } = workload
      const pool = createPool({
        workload,
        policy,
        limits: { queue, admission, maxWaitMs },
        healthIntervalMs,
        clock: realClock,
        slotTable,
        sendBatches,
        maxMessageBytes,
        listeners: listenersOf(model),
        backendGeneration: () => tlsGeneration,
        openBackend: (server) =>
          openServerBackend(server, { model, tls: channelTls, maxMessageBytes, protocols, translate }),
      })
      return [model, pool]
    }),
  )
  const all: readonly Pool[] = [...byModel.values()]

  /** Replaces the servers, unless all is closed. @throws KairosError as `serversByModel` */
  function setFleet(servers: readonly FleetServer[]): void {
    // a fleet file may change while the router closes
    if (isClosed) return
    const ofModels = serversByModel(servers, workloads, protocols.get('custom')?.path)
    for (const [model, own] of ofModels) byModel.get(model)!.setServers(own)
    fleet = servers
  }

  return {
    byModel,
    all,
    setFleet,
    /**
     * The connections that certificates make: a function that opens the servers again with them, if they have changed.
     *
     * @throws KairosError BAD_USAGE if a certificate cannot be used; nothing is changed then
     */
    prepareTls(changed: ClientTls | undefined): () => void {
      if (isDeepStrictEqual(tls, changed)) return () => undefined
      const next = channelTlsOf(changed)
      return () => {
        tls = changed
        channelTls = next
        tlsGeneration++
        setFleet(fleet)
      }
    },
    /** Closes all pools. @returns how many requests they refused */
    close(): number {
      isClosed = true
      return all.reduce((refused, pool) => refused + pool.close(), 0)
    },
  }
}
