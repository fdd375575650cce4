import { KairosError } from '../../model/errors.ts'
import { readBytes } from '../io/open-file.ts'

/** Chains of many certificates fit. */
const MOST_BYTES = 1 << 20

/**
 * Reads certificates or a key in PEM.
 *
 * @throws KairosError NO_FILE; BAD_FILE where the file is something else; TOO_LARGE
 */
export async function readPem(file: string): Promise<Buffer> {
  const bytes = await readBytes(file, MOST_BYTES)
  if (bytes.includes('-----BEGIN ')) return bytes
  throw new KairosError('BAD_FILE', 'is not PEM', { file }, 'a text with -----BEGIN ... is expected')
}
