/** A fleet divided among several routers, each of which decides about its share alone. */
import { scramble } from '../scramble.ts'
import type { FleetServer } from './fleet.ts'

export interface FleetShard {
  /** From 0. */
  readonly index: number
  readonly count: number
}

/** A share of a share. */
export function shardWithin(outer: FleetShard, inner: FleetShard): FleetShard {
  return { index: outer.index * inner.count + inner.index, count: outer.count * inner.count }
}

/**
 * The servers of a shard: rendezvous hashing with bounded loads. Every server ranks the shards by a hash; pairs are
 * taken by descending hash, and no shard gets more than its part of a type, rounded up. Routers that read the same
 * fleet agree without communication. One more shard takes about its part of the servers, and most others stay where
 * they are. A server with several models is in one shard with all of them, because they share its slots.
 */
export function serversOfShard<Server extends FleetServer>(
  servers: readonly Server[],
  { index, count }: FleetShard,
): Server[] {
  if (count === 1) return [...servers]
  const shardOf = new Map<string, number>()
  for (const alike of addressesByType(servers)) assign(alike, count, shardOf)
  return servers.filter(({ address }) => shardOf.get(address) === index)
}

/** Addresses whose servers are of the same type and have the same models. */
function addressesByType(servers: readonly FleetServer[]): string[][] {
  const partsOf = new Map<string, string[]>()
  for (const { address, type, model = '' } of servers) {
    partsOf.set(address, [...(partsOf.get(address) ?? []), `${type}\n${model}`])
  }
  const kinds = new Map<string, string[]>()
  for (const [address, parts] of partsOf) {
    const kind = parts.sort().join('\n\n')
    const alike = kinds.get(kind)
    if (alike === undefined) kinds.set(kind, [address])
    else alike.push(address)
  }
  return [...kinds.values()]
}

function assign(addresses: readonly string[], count: number, shardOf: Map<string, number>): void {
  const pairs = addresses.flatMap((address) =>
    Array.from({ length: count }, (_, shard) => ({ address, shard, hash: hashOf(`${address}\n${shard}`) })),
  )
  pairs.sort((a, b) => b.hash - a.hash || compare(a.address, b.address) || a.shard - b.shard)
  const most = Math.ceil(addresses.length / count)
  const sizes = new Array<number>(count).fill(0)
  for (const { address, shard } of pairs) {
    if (shardOf.has(address) || sizes[shard] === most) continue
    shardOf.set(address, shard)
    sizes[shard]++
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A hash of 32 bits: FNV-1a, scrambled because similar texts have similar hashes. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return scramble(hash)
}
