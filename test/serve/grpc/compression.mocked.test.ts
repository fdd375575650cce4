import { expect, test, vi } from 'vitest'
import { decompress } from '../../../src/serve/grpc/compression.ts'

type Done = (error: Error | null, result: Buffer) => void

const running = vi.hoisted((): Done[] => [])
vi.mock('node:zlib', () => ({
  gunzip: (_message: Buffer, _options: object, done: Done) => running.push(done),
  inflate: undefined,
}))

test('four messages are decompressed at a time, the others in their order', () => {
  const done: unknown[] = []
  for (let i = 0; i < 6; i++) decompress(Buffer.alloc(1), 'gzip', 100, (result) => done.push([i, result]))
  expect(running).toHaveLength(4)
  const result = Buffer.alloc(9)
  running[2](null, result)
  expect(running).toHaveLength(5)
  // one that fails makes room too
  running[0](new Error('no gzip'), result)
  expect(running).toHaveLength(6)
  for (const i of [4, 5]) running[i](null, result)
  expect(done).toEqual([
    [2, result],
    [0, undefined],
    [4, result],
    [5, result],
  ])
})
