import { KairosError } from '../../model/errors.ts'

/** A ConfigMap holds 1 MiB with its names. */
const MOST_BYTES = 1_000_000

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length

/**
 * @param what has these bytes, such as "the question has"
 * @throws KairosError TOO_LARGE for more bytes than a ConfigMap holds
 */
export function checkConfigMap(what: string, bytes: number): void {
  if (bytes <= MOST_BYTES) return
  const problem = `${what} ${bytes} bytes, a ConfigMap holds ${MOST_BYTES}`
  throw new KairosError('TOO_LARGE', problem, {}, 'use a latency table of fewer types or bins')
}
