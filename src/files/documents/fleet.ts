import { unwatchFile, watchFile } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { KairosError, refuseModel } from '../../model/errors.ts'
import { type FleetServer, SEND_BATCHES, serverFault } from '../../model/fleet/fleet.ts'
import { mostPlanned, plannedServers } from '../../model/fleet/fleet-schedule.ts'
import type { FleetSchedule } from '../../model/fleet/plan.ts'
import type { Workload } from '../../model/workload/workload.ts'
import { writeAtomically } from '../io/write.ts'
import { checkDocument, documentText, type Fields, faultAt, openDocument } from './document.ts'

export const fleetSchema = ({ address, choice, list, object, slots, text }: Fields) =>
  object(
    {
      servers: list(
        object(
          {
            address: address(),
            type: text('the name of an instance type of the latency table, a text'),
            model: text('what the server calls the model, a text').optional(),
            slots: slots('the requests that the server takes at the same time').optional(),
            batching: choice(
              SEND_BATCHES,
              'how the server gets the requests of a batch: parallel, at the same moment, or merge, joined into one',
            ).optional(),
          },
          'a server: an object with address and type, and optionally model, slots and batching',
        ),
        'a list of servers',
      ),
    },
    'a fleet: an object with servers',
  )

/**
 * Reads a fleet, `{ servers: [{ address, type, model, slots, batching }] }` in JSON or YAML. It may be empty: servers
 * may join later. A server with several models is listed once for each, with the slots that they share.
 *
 * @param workloads of the models, if they are known: each server must fit one of them
 * @param plan that is followed, if there is one: then only the servers that it takes in a window must fit
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readFleet(
  path: string,
  workloads?: readonly Workload[],
  plan?: Pick<FleetSchedule, 'types' | 'counts'>,
): Promise<FleetServer[]> {
  const document = await openDocument(path)
  const { value } = document
  if (Array.isArray(value) && typeof value[0] === 'string') {
    throw await faultAt(document, [], 'is a list of addresses, not a fleet', OF_ADDRESSES)
  }
  const { servers } = await checkDocument(document, fleetSchema)
  const fleet: FleetServer[] = servers.map(serverOf)
  const double = doubleIn(fleet)
  if (double) {
    const { index, field, problem, cure } = double
    throw await faultAt(document, ['servers', index, field], problem, cure)
  }
  const taken = new Set(plan ? plannedServers(fleet, plan.types, mostPlanned(plan)) : fleet)
  for (const [i, server] of fleet.entries()) {
    const fault = workloads && taken.has(server) ? serverFault(server, workloads) : undefined
    if (fault) throw await faultAt(document, ['servers', i, fault.field], fault.problem, fault.cure)
  }
  return fleet
}

/** What to do with a published service_addr.json. */
const OF_ADDRESSES = 'give it by --service-addr, with --counts; a fleet has the type of each server too'

/** The fields of a server that a fleet file has. */
function serverOf({ address, type, model, slots, batching }: FleetServer): FleetServer {
  return {
    ...{ address, type },
    ...(model !== undefined && { model }),
    ...(slots !== undefined && { slots }),
    ...(batching !== undefined && { batching }),
  }
}

/** What is wrong with the first server that is listed again with the same model, or with other slots. */
function doubleIn(fleet: readonly FleetServer[]) {
  const byAddress = new Map<string, { readonly slots: number; readonly models: Set<string> }>()
  for (const [index, { address, model = '', slots = 1 }] of fleet.entries()) {
    const known = byAddress.get(address) ?? { slots, models: new Set() }
    byAddress.set(address, known)
    if (known.models.has(model)) {
      const problem = `${address} is listed twice${model === '' ? '' : ` with "${model}"`}`
      const cure = 'list each server once, or once for each of its models'
      return { index, field: 'address', problem, cure }
    }
    if (known.slots !== slots) {
      const problem = `is ${slots} for ${address}, and ${known.slots} above`
      const cure = 'the models of a server share its slots: give the same number'
      return { index, field: 'slots', problem, cure }
    }
    known.models.add(model)
  }
  return undefined
}

/**
 * Writes a fleet file. Other fields of the servers are left out, such as those of `startEmulator`.
 *
 * @throws KairosError BAD_MODEL for servers that could not be read again; NO_FILE
 */
export async function writeFleet(path: string, servers: readonly FleetServer[]): Promise<void> {
  const fleet = Array.isArray(servers) ? servers.map((server) => serverOf(server ?? {})) : servers
  const text = await documentText({ servers: fleet }, fleetSchema, 2)
  const double = doubleIn(fleet)
  if (double) refuseModel(`servers[${double.index}].${double.field}`, double.problem, double.cure)
  await writeAtomically(path, `${text}\n`)
}

/** The interval between two checks of the file, ms. */
const CHECK_MS = 300

/** Time until a file that the system did not let be read, such as where too many are open, is read again, ms. */
const AGAIN_MS = 1_000

/** A fleet that is read again when its file changes. */
export interface WatchedFleet {
  read(): Promise<FleetServer[]>
  /** What was read before: the file may have changed since. */
  readonly known: readonly FleetServer[]
  onChange(servers: FleetServer[]): void
  /** Receives the errors of `read`, each once while it lasts, and what `onChange` throws. */
  onError(error: unknown): void
}

/**
 * Reads a fleet again whenever its file changes, until the signal aborts. An invalid file is reported and the fleet
 * stays as it was. The file is polled, because events of the file system miss files that are replaced or lie on
 * another machine.
 */
export function watchFleet(
  path: string,
  { read, known, onChange, onError }: WatchedFleet,
  signal: AbortSignal,
): void {
  // one reading at a time, in order
  let reading = Promise.resolve()
  let again: NodeJS.Timeout | undefined
  /** What the system has refused last, until the file is read. */
  let refused: string | undefined
  const readAgain = (isNew: (servers: FleetServer[]) => boolean) => {
    clearTimeout(again)
    reading = reading
      .then(read)
      .then((servers) => {
        refused = undefined
        if (isNew(servers)) onChange(servers)
      })
      .catch((error: Error) => {
        const isRefused = error instanceof KairosError && error.code === 'DISK'
        if (!isRefused || error.message !== refused) onError(error)
        refused = isRefused ? error.message : undefined
        clearTimeout(again)
        // the cause may end without a change of the file
        if (isRefused && !signal.aborted) again = setTimeout(() => readAgain(isNew), AGAIN_MS).unref()
      })
  }
  const changed = () => readAgain(() => true)
  watchFile(path, { interval: CHECK_MS, persistent: false }, changed)
  const end = () => {
    unwatchFile(path, changed)
    clearTimeout(again)
  }
  signal.addEventListener('abort', end, { once: true })
  // changes are those since now; one between the first reading and now is seen by its content
  readAgain((servers) => !isDeepStrictEqual(servers, known))
}
