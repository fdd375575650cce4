import { expect, test } from 'vitest'
import { connectionsToClose } from '../../../src/serve/grpc/buffered-bytes.ts'

const stalled = (bytes: number) => ({ incomplete: bytes, unsent: 0, isStalled: true })
const moving = (bytes: number) => ({ incomplete: 0, unsent: bytes, isStalled: false })
const closed = (all: ReturnType<typeof stalled>[], total: number) => connectionsToClose(all, total, 100)

test('within the limit only the stalled connection that holds most is closed', () => {
  expect(closed([moving(60), stalled(10), stalled(20)], 90)).toEqual([stalled(20)])
  expect(closed([moving(60), moving(30), stalled(0)], 90)).toEqual([])
})

test('above the limit the stalled ones are closed first, then those that move, until what is left fits', () => {
  const all = [moving(70), moving(40), stalled(10), stalled(20)]
  expect(closed(all, 110)).toEqual([stalled(20)])
  expect(closed(all, 121)).toEqual([stalled(20), stalled(10)])
  expect(closed(all, 131)).toEqual([stalled(20), stalled(10), moving(70)])
  expect(closed([moving(70), moving(40)], 110)).toEqual([moving(70)])
  // requests that have arrived as a whole are served to the end
  expect(closed([], 200)).toEqual([])
})
