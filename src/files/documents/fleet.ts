import { unwatchFile, watchFile } from 'node:fs'
import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet.ts'
import { writeAtomically } from '../io/write.ts'
import { checkDocument, type Fields, openDocument, placeOf } from './document.ts'

export const fleetSchema = ({ address, list, object, text }: Fields) =>
  object(
    {
      servers: list(
        object(
          {
            address: address(),
            type: text('the name of an instance type of the latency table, a text'),
            model: text('what the server calls the model, a text').optional(),
          },
          'a server: an object with address and type, and optionally model',
        ),
        'a list of servers',
      ),
    },
    'a fleet: an object with servers',
  )

/**
 * Reads a fleet, `{ servers: [{ address, type, model }] }` in JSON or YAML. It may be empty: servers may join later.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readFleet(path: string): Promise<FleetServer[]> {
  const document = await openDocument(path)
  const { servers } = await checkDocument(document, fleetSchema)
  const addresses = new Set<string>()
  for (const [i, { address }] of servers.entries()) {
    if (addresses.has(address)) {
      const place = await placeOf(document, ['servers', i, 'address'])
      throw new KairosError('BAD_FILE', `${address} is listed twice`, place, 'list each server once')
    }
    addresses.add(address)
  }
  return servers.map(({ address, type, model }) => ({ address, type, ...(model !== undefined && { model }) }))
}

/** Writes a fleet file. */
export async function writeFleet(path: string, servers: readonly FleetServer[]): Promise<void> {
  await writeAtomically(path, `${JSON.stringify({ servers }, null, 2)}\n`)
}

/** The interval between two checks of the file, ms. */
const CHECK_MS = 300

/**
 * Reads a fleet again whenever its file changes, until the signal aborts. An invalid file is reported and the fleet
 * stays as it was. The file is polled, because events of the file system miss files that are replaced or lie on
 * another machine.
 *
 * @param onError receives the errors of `readFleet`, and what `onChange` throws
 */
export function watchFleet(
  path: string,
  signal: AbortSignal,
  onChange: (servers: FleetServer[]) => void,
  onError: (error: unknown) => void,
): void {
  // one reading at a time, in order
  let reading = Promise.resolve()
  const read = () => {
    reading = reading
      .then(() => readFleet(path))
      .then(onChange)
      .catch(onError)
  }
  watchFile(path, { interval: CHECK_MS, persistent: false }, read)
  signal.addEventListener('abort', () => unwatchFile(path, read), { once: true })
}
