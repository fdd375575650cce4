import { counted } from '../../model/counted.ts'
import { KairosError, refuseModel } from '../../model/errors.ts'
import { writeAtomically } from '../io/write.ts'
import { checkDocument, documentText, type Fields, faultAt, openDocument } from './document.ts'

export const addressesSchema = ({ address, list }: Fields) =>
  list(address(), 'a list of addresses, host:port')

/**
 * Reads the published service_addr.json: a list of `host:port`, one for each instance of config.json, type by type in
 * its order. The position of an address alone determines its type.
 *
 * @param instances the expected number of addresses; any number by default
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readServiceAddresses(path: string, instances?: number): Promise<string[]> {
  const document = await openDocument(path)
  const { value } = document
  if (typeof value === 'object' && value !== null && 'servers' in value) {
    throw await faultAt(document, [], 'is a fleet, as for route --fleet', OF_FLEET)
  }
  const addresses = await checkDocument(document, addressesSchema)
  const double = doubleIn(addresses)
  if (double >= 0) {
    throw await faultAt(document, [double], `${addresses[double]} is listed twice`, ONCE)
  }
  if (instances !== undefined && addresses.length !== instances) {
    const problem = `lists ${counted(addresses.length, 'server')}, the configuration has ${counted(instances, 'instance')}`
    const cure = 'give the counts that the servers were started with'
    throw new KairosError('BAD_FILE', problem, { file: path }, cure)
  }
  return addresses
}

const OF_FLEET = 'expected a list of addresses, host:port; emulate --out writes both'

const ONCE = 'a server is one instance'

/** The position of the first address that is listed before; -1 if there is none. */
function doubleIn(addresses: readonly string[]): number {
  const seen = new Set<string>()
  return addresses.findIndex((address) => seen.size === seen.add(address).size)
}

/**
 * Writes a service_addr.json as the published scripts do.
 *
 * @throws KairosError BAD_MODEL for addresses that could not be read again; NO_FILE
 */
export async function writeServiceAddresses(path: string, addresses: readonly string[]): Promise<void> {
  const text = await documentText(addresses, addressesSchema, 4)
  const double = doubleIn(addresses)
  if (double >= 0) refuseModel(`[${double}]`, `${addresses[double]} is listed twice`, ONCE)
  await writeAtomically(path, text)
}
