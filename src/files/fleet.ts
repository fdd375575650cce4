import { KairosError } from '../model/errors.ts'
import type { FleetServer } from '../model/fleet.ts'
import { checkDocument, openDocument, placeOf } from './document.ts'
import { writeAtomically } from './write.ts'

/**
 * Reads a fleet, `{ servers: [{ address, type, model }] }` in JSON or YAML. An empty fleet is one, too: its
 * servers may join later.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readFleet(path: string): Promise<FleetServer[]> {
  const document = await openDocument(path)
  const { servers } = await checkDocument(document, 'fleet')
  for (const [i, { address }] of servers.entries()) {
    if (servers.findIndex((other) => other.address === address) === i) continue
    const place = await placeOf(document, ['servers', i, 'address'])
    throw new KairosError('BAD_FILE', `${address} is listed twice`, place, 'list each server once')
  }
  return servers.map(({ address, type, model }) => ({ address, type, ...(model !== undefined && { model }) }))
}

export async function writeFleet(path: string, servers: readonly FleetServer[]): Promise<void> {
  await writeAtomically(path, `${JSON.stringify({ servers }, null, 2)}\n`)
}
