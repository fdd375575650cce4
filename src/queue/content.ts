/**
 * Large content that many jobs share, such as workloads and traces: stored once in Redis by its SHA-256. Jobs carry the
 * hash. It travels in chunks, so that no command blocks the server for long.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { KairosError } from '../model/errors.ts'
import { PREFIX } from './names.ts'

const CHUNK_BYTES = 1 << 20

/** How often content is written where the server loses it. */
const ATTEMPTS = 3

/** How long content is kept after its last use, seconds: as long as results. */
export const KEPT_SECONDS = 7 * 24 * 3600

export const CONTENT = `${PREFIX}:content:`

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/**
 * Stores content unless it is there. It appears whole or not at all.
 *
 * @param known its hash, where it was stored before: it is only made again where the server has lost it
 * @throws KairosError QUEUE where the server loses what is written
 */
export async function putContent(redis: Redis, make: () => Promise<Buffer>, known?: string): Promise<string> {
  const isThere = async (hash: string) => (await redis.expire(CONTENT + hash, KEPT_SECONDS)) === 1
  if (known !== undefined && (await isThere(known))) return known
  const bytes = await make()
  const hash = hashOf(bytes)
  // also of one that was lost: another process may have stored it meanwhile
  if (await isThere(hash)) return hash
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const beside = `${CONTENT}${hash}:${randomUUID()}`
    if (await append(redis, beside, bytes)) {
      await redis.rename(beside, CONTENT + hash)
      return hash
    }
    await redis.unlink(beside)
  }
  const cure = 'see the log of the server'
  throw new KairosError('QUEUE', 'loses content while it is written', { field: 'queue' }, cure)
}

/** Whether all chunks were added once: the server may lose data meanwhile, and a lost connection repeats a command. */
async function append(redis: Redis, key: string, bytes: Buffer): Promise<boolean> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES)
    if ((await redis.append(key, chunk)) !== at + chunk.length) return false
    if (at === 0) await redis.expire(key, KEPT_SECONDS)
  }
  return true
}

/**
 * Content by its hash. Content that differs from its hash is removed, so that submitting jobs again stores it.
 *
 * @throws KairosError QUEUE where it is missing or wrong
 */
export async function getContent(redis: Redis, hash: string): Promise<Buffer> {
  const key = CONTENT + hash
  const size = await redis.strlen(key)
  const chunks: Buffer[] = []
  for (let at = 0; at < size; at += CHUNK_BYTES) {
    chunks.push(await redis.getrangeBuffer(key, at, at + CHUNK_BYTES - 1))
  }
  const bytes = Buffer.concat(chunks)
  if (size === 0) {
    const cure = 'submit the jobs again'
    const problem = `lacks the content ${hash.slice(0, 12)} of its jobs, which was lost or damaged`
    throw new KairosError('QUEUE', problem, { field: 'queue' }, cure)
  }
  if (hashOf(bytes) !== hash) {
    await redis.unlink(key)
    const problem = `the content ${hash.slice(0, 12)} has another hash than its jobs say`
    const cure = 'it has changed since the jobs were submitted: submit them again'
    throw new KairosError('QUEUE', problem, { field: 'queue' }, cure)
  }
  await redis.expire(key, KEPT_SECONDS)
  return bytes
}
