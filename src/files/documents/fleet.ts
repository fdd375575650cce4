import { unwatchFile, watchFile } from 'node:fs'
import { KairosError } from '../../model/errors.ts'
import type { FleetServer } from '../../model/fleet.ts'
import { writeAtomically } from '../io/write.ts'
import { checkDocument, openDocument, placeOf } from './document.ts'

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

/** Looks so often whether a file has changed, ms. */
const LOOK_MS = 300

/**
 * Reads a fleet again whenever its file changes, until the signal aborts. A file that is wrong is told, and the
 * fleet before it stays. It is looked at, not listened to: that also works where a file is replaced, or lies on
 * another machine.
 */
export function watchFleet(
  path: string,
  signal: AbortSignal,
  onChange: (servers: FleetServer[]) => void,
  onTrouble: (error: unknown) => void,
): void {
  // one at a time, in order
  let reading = Promise.resolve()
  const read = () => {
    reading = reading
      .then(() => readFleet(path))
      .then(onChange)
      .catch(onTrouble)
  }
  watchFile(path, { interval: LOOK_MS, persistent: false }, read)
  signal.addEventListener('abort', () => unwatchFile(path, read), { once: true })
}
