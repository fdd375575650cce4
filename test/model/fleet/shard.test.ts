import { describe, expect, test } from 'vitest'
import type { FleetServer } from '../../../src/model/fleet/fleet.ts'
import { serversOfShard, shardWithin } from '../../../src/model/fleet/shard.ts'

const fleetOf = (...counts: number[]): FleetServer[] =>
  counts.flatMap((count, t) =>
    Array.from({ length: count }, (_, i) => ({ address: `10.0.${t}.${i}:8001`, type: `type ${t}` })),
  )

const shardsOf = (fleet: FleetServer[], count: number) =>
  Array.from({ length: count }, (_, index) => serversOfShard(fleet, { index, count }))

describe('the shards of a fleet', () => {
  test.each([1, 2, 3, 7])('%i of them have every server once, and their part of each type', (count) => {
    const fleet = fleetOf(100, 10, 3)
    const shards = shardsOf(fleet, count)
    expect(shards.flat().sort((a, b) => a.address.localeCompare(b.address))).toEqual(
      [...fleet].sort((a, b) => a.address.localeCompare(b.address)),
    )
    for (const [t, size] of [100, 10, 3].entries()) {
      for (const shard of shards) {
        const own = shard.filter(({ type }) => type === `type ${t}`).length
        expect(own).toBeLessThanOrEqual(Math.ceil(size / count))
      }
    }
  })

  test('do not depend on the order of the file', () => {
    const fleet = fleetOf(50, 20)
    const [first] = shardsOf(fleet, 4)
    const [again] = shardsOf([...fleet].reverse(), 4)
    expect(new Set(again)).toEqual(new Set(first))
  })

  test.each([2, 4, 9])('one more than %i moves little more than the part of the new one', (count) => {
    const fleet = fleetOf(1_000)
    const before = shardsOf(fleet, count)
    const after = shardsOf(fleet, count + 1)
    const moved = before.flatMap((shard, i) => shard.filter((server) => !after[i].includes(server))).length
    expect(moved / 1_000).toBeGreaterThanOrEqual(0.9 / (count + 1))
    expect(moved / 1_000).toBeLessThan(1.5 / (count + 1))
  })

  test('a server that leaves moves few others', () => {
    const fleet = fleetOf(1_000)
    const before = shardsOf(fleet, 4)
    const after = shardsOf(fleet.slice(1), 4)
    const moved = before.flatMap((shard, i) => shard.filter((server) => !after[i].includes(server))).length
    expect(moved).toBeLessThan(20)
  })
})

test('a part of a part is one of as many parts as both make', () => {
  expect(shardWithin({ index: 1, count: 4 }, { index: 2, count: 3 })).toEqual({ index: 5, count: 12 })
})

test('a server with several models is in one shard with all of them', () => {
  const addresses = Array.from({ length: 40 }, (_, i) => `10.0.0.${i}:1`)
  // the models are listed on different numbers of servers, so that each model alone would be divided differently
  const servers = addresses.flatMap((address, i) => [
    { address, type: 'gpu', model: 'a' },
    ...(i % 3 === 0 ? [{ address, type: 'gpu', model: 'b' }] : []),
  ])
  const shards = [0, 1, 2].map((index) => serversOfShard(servers, { index, count: 3 }))
  expect(shards.flat()).toHaveLength(servers.length)
  for (const address of addresses) {
    const having = shards.filter((shard) => shard.some((server) => server.address === address))
    expect(having, address).toHaveLength(1)
  }
})
