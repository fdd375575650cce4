import type { Checker } from '../../../src/serve/driver/lost-servers.ts'

/** The checker of a lost server: it can serve again, or never can. */
export function checkerOf(canServe: boolean): () => Checker {
  return () => checkerBy(async () => (canServe ? undefined : 'it is gone'))
}

/** A checker of a server that reports no changes of its health. */
export function checkerBy(check: () => Promise<string | undefined>): Checker {
  return { check, watch: () => undefined, isWatched: false, close: () => undefined }
}
