import { engineDigest } from '../kernel/load.ts'
import { packageFile, packageRequire } from '../model/package-files.ts'

/** The start of all keys in Redis. */
export const PREFIX = 'kairos'

/** The key of the set of versions that have jobs. */
export const VERSIONS = `${PREFIX}:versions`

/**
 * The version of the engine: that of the package, and the start of the digest of its code. Jobs of different versions
 * are in different queues, so that no worker takes a job of another version.
 */
export function engineVersion(): string {
  const { version } = packageRequire(packageFile('package.json')) as { version: string }
  return `${version}-${engineDigest().slice(0, 8)}`
}

export function queueName(version: string): string {
  return `replays-${version}`
}
