import { readFile } from 'node:fs/promises'
import { KairosError } from '../../model/errors.ts'
import { diskError } from './disk-error.ts'

/**
 * A certificate or a key in PEM.
 *
 * @throws KairosError NO_FILE; BAD_FILE where it is something else
 */
export async function readPem(file: string): Promise<Buffer> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw diskError(error, file)
  })
  if (bytes.includes('-----BEGIN ')) return bytes
  throw new KairosError('BAD_FILE', 'is not PEM', { file }, 'a text with -----BEGIN ... is expected')
}
