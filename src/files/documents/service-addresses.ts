import { KairosError } from '../../model/errors.ts'
import { writeAtomically } from '../io/write.ts'
import { checkDocument, type Fields, openDocument, placeOf } from './document.ts'

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
  const addresses = await checkDocument(document, addressesSchema)
  const seen = new Set<string>()
  const double = addresses.findIndex((address) => seen.size === seen.add(address).size)
  if (double >= 0) {
    const place = await placeOf(document, [double])
    const problem = `${addresses[double]} is listed twice`
    throw new KairosError('BAD_FILE', problem, place, 'a server is one instance')
  }
  if (instances !== undefined && addresses.length !== instances) {
    throw new KairosError(
      'BAD_FILE',
      `lists ${addresses.length} servers, the configuration has ${instances} instances`,
      { file: path },
      'give the counts that the servers were started with',
    )
  }
  return addresses
}

/** Writes a service_addr.json as the published scripts do. */
export async function writeServiceAddresses(path: string, addresses: readonly string[]): Promise<void> {
  await writeAtomically(path, JSON.stringify(addresses, null, 4))
}
