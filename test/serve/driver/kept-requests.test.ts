import { expect, test } from 'vitest'
import { keptRequests } from '../../../src/serve/driver/kept-requests.ts'

const MEBIBYTE = 2 ** 20

test('requests are encoded once, until more than 64 MiB of them are kept', () => {
  const encoded: number[] = []
  const encode = (batch: number) => {
    encoded.push(batch)
    return batch * MEBIBYTE
  }
  const requestOf = keptRequests(encode, (bytes) => bytes)
  // 64 MiB are kept
  for (const batch of [24, 40, 24, 40]) expect(requestOf(batch)).toBe(batch * MEBIBYTE)
  expect(encoded).toEqual([24, 40])
  // one more forgets all others, and counts itself
  for (const batch of [2, 63, 2]) requestOf(batch)
  expect(encoded).toEqual([24, 40, 2, 63, 2])
  for (const batch of [62, 2, 62]) requestOf(batch)
  expect(encoded).toEqual([24, 40, 2, 63, 2, 62])
})
