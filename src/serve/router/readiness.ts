import type { Pool } from './pool.ts'

/** Why a router is not ready; undefined if it is. It is ready if one of its models can be served. */
export function whyNotReady(
  pools: readonly Pick<Pool, 'up' | 'refusingMs'>[],
  draining: boolean,
): string | undefined {
  if (draining) return 'shutting down'
  const able = pools.filter(({ up }) => up > 0)
  if (able.length === 0) return 'no server can serve'
  if (able.some(({ refusingMs }) => refusingMs === 0)) return undefined
  const seconds = Math.floor(Math.min(...able.map(({ refusingMs }) => refusingMs)) / 1_000)
  return `all requests have been refused for ${seconds} s`
}
