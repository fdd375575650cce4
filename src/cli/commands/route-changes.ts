/** What changes the servers and the certificates of a router while it runs. */
import type { Logger } from 'pino'
import { watchFleet } from '../../files/documents/fleet.ts'
import { readPlan } from '../../files/documents/plan.ts'
import { counted } from '../../model/counted.ts'
import type { FleetServer } from '../../model/fleet/fleet.ts'
import type { FleetSchedule } from '../../model/fleet/plan.ts'
import { type FleetShard, serversOfShard } from '../../model/fleet/shard.ts'
import type { Workload } from '../../model/workload/workload.ts'
import type { Router } from '../../serve/router/router.ts'
import { type RouteFleetFlags, readServers } from '../input/route-fleet.ts'
import { type ClientTlsFlags, readClientTls, readServerTls, type ServerTlsFlags } from '../input/tls.ts'
import { type ServersUnderPlan, warnOfChangedPlan, warnOfDownServers } from './route-plan.ts'

/** Where the servers of a process come from. */
export interface RoutedFleet {
  /** The flags that name the files. */
  readonly given: RouteFleetFlags & ServerTlsFlags & ClientTlsFlags
  readonly workload: readonly Workload[]
  readonly plan: FleetSchedule | undefined
  /** The choice of the plan; undefined without one. */
  readonly chosen: ServersUnderPlan | undefined
  readonly shard: FleetShard
  /** Whether this process warns of what concerns all processes. */
  readonly warnsForAll: boolean
  /** The servers that were listed at the start. */
  readonly listed: readonly FleetServer[]
}

/** The servers of a process: of those that are listed, the ones of the plan at the time, and of these its shard. */
export function routedServers(
  fleet: Pick<RoutedFleet, 'chosen' | 'shard' | 'workload' | 'warnsForAll'>,
  listed: readonly FleetServer[],
  log: Pick<Logger, 'warn'>,
): FleetServer[] {
  return serversOfPart(fleet, fleet.chosen?.of(listed) ?? listed, log)
}

/** The shard of some servers. Warns of each model that has no servers, or none in this shard. */
function serversOfPart(
  { shard, workload, warnsForAll }: Pick<RoutedFleet, 'shard' | 'workload' | 'warnsForAll'>,
  servers: readonly FleetServer[],
  log: Pick<Logger, 'warn'>,
): FleetServer[] {
  const part = serversOfShard(servers, shard)
  for (const { model } of workload) {
    const isOf = (server: FleetServer) => (server.model ?? workload[0].model) === model
    const all = servers.filter(isOf).length
    if (part.some(isOf) || (all === 0 && !warnsForAll)) continue
    const refused = 'and refuses all requests of the model'
    const place = `part ${shard.index} of ${shard.count} has none of the ${counted(all, 'server')}`
    log.warn(
      { model },
      all === 0
        ? `the router has no server ${refused}: list servers in the fleet, or take a plan that has some`
        : `${place} ${refused}: use fewer processes or shards, or list more servers`,
    )
  }
  return part
}

const PLAN_ENDED =
  'the plan has ended, and the servers of its last window stay: restart the router with a new plan, or with one that repeats (plan --cycle)'

/**
 * Changes a router with its fleet file, at SIGHUP, and with the plan. What cannot be read or used is logged, and
 * changes nothing.
 *
 * @param onHangup sets what SIGHUP does
 * @param signal ends the watching of the file
 * @returns a function that stops following the plan
 */
export function followChanges(
  fleet: RoutedFleet,
  router: Pick<Router, 'servers' | 'setFleet' | 'setTls'>,
  log: Logger,
  onHangup: (reload: () => void) => void,
  signal: AbortSignal,
): () => void {
  const { given, workload, plan, chosen, listed, warnsForAll } = fleet
  chosen?.accept(listed)
  const read = () => readServers(given, workload, plan)
  const change = (servers: readonly FleetServer[]) => {
    router.setFleet(routedServers(fleet, servers, log))
    chosen?.accept(servers)
    log.info({ servers: servers.length }, 'the fleet has been read')
  }
  if (given.fleet !== undefined) {
    const watched = {
      read,
      known: listed,
      onChange: change,
      onError: (error: unknown) => {
        log.error({ error: (error as Error).message }, 'the fleet cannot be read; the one before stays')
      },
    }
    watchFleet(given.fleet, watched, signal)
  }
  const readPlanAgain = () =>
    readPlan(
      given.plan!,
      workload.map(({ model }) => model),
    )
  onHangup(() => {
    if (plan && warnsForAll) warnOfChangedPlan(plan, readPlanAgain, log)
    Promise.all([read(), readServerTls(given), readClientTls(given)])
      .then(([servers, tls, serverTls]) => {
        router.setTls({ tls, serverTls })
        change(servers)
      })
      .catch((error: Error) => {
        log.error({ error: error.message }, 'nothing is reloaded: the fleet and the certificates stay')
      })
  })
  const following = chosen?.follow({
    onChange(servers) {
      router.setFleet(serversOfPart(fleet, servers, log))
      log.info({ servers: servers.length }, 'the fleet follows the plan')
    },
    onError(error) {
      log.error({ error: (error as Error).message }, 'the plan cannot be followed; the fleet stays as it was')
    },
    onEnd() {
      if (warnsForAll) log.warn(PLAN_ENDED)
    },
  })
  const warning = chosen && warnOfDownServers(chosen, router, log)
  return () => {
    following?.stop()
    warning?.stop()
  }
}
