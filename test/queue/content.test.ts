import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { findStoredTrace } from '../../src/files/traces/stored/stored-trace.ts'
import { KairosError } from '../../src/model/errors.ts'
import { CONTENT, getContent, putContent } from '../../src/queue/content.ts'
import { unpack } from '../../src/queue/pack.ts'
import { unpackTrace } from '../../src/queue/trace-content.ts'

const MIB = 1 << 20

/** The commands of Redis that content takes, over a map. */
function memory(keys = new Map<string, Buffer>()) {
  const redis = {
    expire: async (key: string) => (keys.has(key) ? 1 : 0),
    async append(key: string, chunk: Buffer) {
      keys.set(key, Buffer.concat([keys.get(key) ?? Buffer.alloc(0), chunk]))
      return keys.get(key)!.length
    },
    async rename(from: string, to: string) {
      keys.set(to, keys.get(from)!)
      keys.delete(from)
    },
    unlink: async (key: string) => void keys.delete(key),
    strlen: async (key: string) => keys.get(key)?.length ?? 0,
    getrangeBuffer: async (key: string, from: number, to: number) => keys.get(key)!.subarray(from, to + 1),
  }
  return { keys, redis: redis as unknown as Redis, commands: redis }
}

const bytes = Buffer.alloc(3 * MIB, 7)
const hash = createHash('sha256').update(bytes).digest('hex')

test('content is made and written once, and again where the server has lost it', async () => {
  const { keys, redis } = memory()
  let made = 0
  const make = async () => {
    made++
    return bytes
  }
  expect(await putContent(redis, make)).toBe(hash)
  expect(await putContent(redis, make, hash)).toBe(hash)
  expect(made).toBe(1)
  keys.clear()
  expect(await putContent(redis, make, hash)).toBe(hash)
  expect(made).toBe(2)
  expect([...keys.keys()]).toEqual([CONTENT + hash])
  expect((await getContent(redis, hash)).equals(bytes)).toBe(true)
})

test('content that another submitter has stored is not written again', async () => {
  const { redis, commands } = memory()
  await putContent(redis, async () => bytes)
  commands.append = () => Promise.reject(new Error('written again'))
  expect(await putContent(redis, async () => bytes)).toBe(hash)
})

test.each(['lost', 'doubled'])('content of which a chunk is %s is written again', async (what) => {
  const { keys, redis, commands } = memory()
  const append = commands.append
  let calls = 0
  commands.append = async (key, chunk) => {
    calls++
    if (calls === 2 && what === 'lost') keys.clear()
    if (calls === 2 && what === 'doubled') await append(key, chunk)
    return append(key, chunk)
  }
  await putContent(redis, async () => bytes)
  expect([...keys.keys()]).toEqual([CONTENT + hash])
  expect((await getContent(redis, hash)).equals(bytes)).toBe(true)
})

test('a server that loses all that is written is refused', async () => {
  const { keys, redis, commands } = memory()
  commands.append = async () => 0
  await expect(putContent(redis, async () => bytes)).rejects.toThrow(
    'queue: loses content while it is written',
  )
  expect(keys.size).toBe(0)
})

test('content expires a week after its last use, also where its writer ends in the middle', async () => {
  const { redis, commands } = memory()
  const seconds = new Map<string, number>()
  Object.assign(commands, {
    async expire(key: string, time: number) {
      seconds.set(key, time)
      return 0
    },
    async rename() {
      throw new Error('the writer has ended')
    },
  })
  await expect(putContent(redis, async () => bytes)).rejects.toThrow('has ended')
  const beside = [...seconds].filter(([key]) => key !== CONTENT + hash)
  expect(beside).toEqual([[expect.stringContaining(CONTENT + hash), 7 * 24 * 3600]])
  const read = memory(new Map([[CONTENT + hash, bytes]]))
  seconds.clear()
  Object.assign(read.commands, { expire: commands.expire })
  await getContent(read.redis, hash)
  expect([...seconds]).toEqual([[CONTENT + hash, 7 * 24 * 3600]])
})

test('content that is lost is named by its hash', async () => {
  await expect(getContent(memory().redis, hash)).rejects.toThrow(
    `queue: lacks the content ${hash.slice(0, 12)} of its jobs, which was lost or damaged; submit the jobs again`,
  )
})

test('content that is damaged is removed, so that it can be stored again', async () => {
  const { keys, redis } = memory(new Map([[CONTENT + hash, Buffer.from('damaged')]]))
  await expect(getContent(redis, hash)).rejects.toThrow(/has another hash .*: submit them again/)
  expect(keys.size).toBe(0)
  await putContent(redis, async () => bytes)
  expect((await getContent(redis, hash)).equals(bytes)).toBe(true)
})

test('what kairos-wasm has not written is refused with its place and a cure', async () => {
  const stored = { file: 'f', sha256: 'none', bytes: 1 }
  const root = { kind: 'folder', name: '.' } as const
  for (const work of [
    async () => unpack('{'),
    () => unpackTrace(Buffer.from('no gzip')),
    () => unpackTrace(gzipSync(Buffer.alloc(24))),
    () => findStoredTrace(root, stored),
  ]) {
    const error = await work().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(KairosError)
    const { code, place, cure } = error as KairosError
    expect([code, place.field]).toEqual(['QUEUE', 'queue'])
    expect(cure).toContain('kairos-wasm queue clean --all')
  }
})
