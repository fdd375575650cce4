import type { Checker } from '../../../src/serve/driver/lost-servers.ts'

/** The checker of a lost server: it can serve again, or never can. */
export function checkerOf(canServe: boolean): () => Checker {
  return () => ({
    check: async () => (canServe ? undefined : 'it is gone'),
    close: () => undefined,
  })
}
