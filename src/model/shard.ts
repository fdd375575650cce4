/** A fleet divided among several routers, each of which decides about its share alone. */
import { KairosError } from './errors.ts'
import type { FleetServer } from './fleet.ts'

export interface Shard {
  /** From 0. */
  readonly index: number
  readonly count: number
}

/** @param text `i/N`, with i from 1 to N @throws KairosError BAD_USAGE */
export function parseShard(text: string): Shard {
  const parts = /^(\d{1,4})\/(\d{1,4})$/.exec(text)
  const [index, count] = parts === null ? [0, 0] : [Number(parts[1]), Number(parts[2])]
  if (index >= 1 && index <= count) return { index: index - 1, count }
  throw new KairosError('BAD_USAGE', `is "${text}"`, { field: 'shard' }, 'write i/N, as in 1/4 to 4/4')
}

/** A share of a share. */
export function shardWithin(outer: Shard, inner: Shard): Shard {
  return { index: outer.index * inner.count + inner.index, count: outer.count * inner.count }
}

/**
 * The servers of a shard: rendezvous hashing with bounded loads. Every server ranks the shards by a hash; pairs are taken
 * by descending hash, and no shard gets more than its part of a type, rounded up. Routers that read the same fleet agree
 * without a word, and one more shard takes about its part of the servers and leaves most others where they are.
 */
export function serversOfShard<Server extends FleetServer>(
  servers: readonly Server[],
  { index, count }: Shard,
): Server[] {
  if (count === 1) return [...servers]
  const shardOf = new Map<Server, number>()
  for (const alike of byType(servers)) assign(alike, count, shardOf)
  return servers.filter((server) => shardOf.get(server) === index)
}

function byType<Server extends FleetServer>(servers: readonly Server[]): Server[][] {
  const types = new Map<string, Server[]>()
  for (const server of servers) {
    const key = `${server.type}\n${server.model ?? ''}`
    const alike = types.get(key)
    if (alike === undefined) types.set(key, [server])
    else alike.push(server)
  }
  return [...types.values()]
}

function assign<Server extends FleetServer>(
  servers: readonly Server[],
  count: number,
  shardOf: Map<Server, number>,
): void {
  const pairs = servers.flatMap((server) =>
    Array.from({ length: count }, (_, shard) => ({
      server,
      shard,
      hash: hashOf(`${server.address}\n${shard}`),
    })),
  )
  pairs.sort((a, b) => b.hash - a.hash || compare(a.server.address, b.server.address) || a.shard - b.shard)
  const most = Math.ceil(servers.length / count)
  const sizes = new Array<number>(count).fill(0)
  for (const { server, shard } of pairs) {
    if (shardOf.has(server) || sizes[shard] === most) continue
    shardOf.set(server, shard)
    sizes[shard]++
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** FNV-1a with the finalizer of MurmurHash3: 32 bits that differ in half of them for texts that differ in one. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
