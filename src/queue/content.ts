/**
 * Large content that many jobs share, such as workloads and traces: stored once in Redis by its SHA-256. Jobs carry the
 * hash. It travels in chunks, so that no command blocks the server for long.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { KairosError } from '../model/errors.ts'
import { PREFIX } from './names.ts'

const CHUNK_BYTES = 1 << 20

/** How long content is kept after its last use, seconds: as long as results. */
export const KEPT_SECONDS = 7 * 24 * 3600

export const CONTENT = `${PREFIX}:content:`

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Stores content unless it is there. It appears whole or not at all. */
export async function putContent(redis: Redis, bytes: Buffer, hash = hashOf(bytes)): Promise<string> {
  const key = CONTENT + hash
  if (await redis.expire(key, KEPT_SECONDS)) return hash
  const beside = `${key}:${randomUUID()}`
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    await redis.setrange(beside, at, bytes.subarray(at, at + CHUNK_BYTES))
    if (at === 0) await redis.expire(beside, KEPT_SECONDS)
  }
  await redis.rename(beside, key)
  return hash
}

/** @throws KairosError QUEUE where it is missing, or is not what its hash says */
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
    throw new KairosError('QUEUE', `lacks the content ${hash.slice(0, 12)} of its jobs`, {}, cure)
  }
  if (hashOf(bytes) !== hash) throw wrongContent(`the content ${hash.slice(0, 12)} in the queue`)
  await redis.expire(key, KEPT_SECONDS)
  return bytes
}

function wrongContent(what: string): KairosError {
  const cure = 'it has changed since the jobs were submitted: submit them again'
  return new KairosError('QUEUE', `${what} has another hash than its jobs say`, {}, cure)
}
