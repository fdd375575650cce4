import { refuseUsage } from '../model/errors.ts'
import { percentDecoded } from '../model/percent-decoded.ts'

/** Where a queue is. Only `name` is ever printed: the password stays out of messages. */
export interface QueueAddress {
  /** Such as redis://host:6379. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  /** The number of the database. */
  readonly db: number
  readonly tls: boolean
}

/** The environment variable of a password that is not in the URL, where other users of the machine would see it. */
const PASSWORD_VARIABLE = 'KAIROS_QUEUE_PASSWORD'

const DEFAULT_PORT = 6379

/**
 * Parses `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS.
 *
 * @throws KairosError BAD_USAGE for other texts; the message does not repeat them, because they may hold a password
 */
export function parseQueueUrl(text: string, environment = process.env): QueueAddress {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
  const database = /^\/?(\d{0,4})$/.exec(url?.pathname ?? '')?.[1]
  const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:'
  if (!url || !isRedis || url.hostname === '' || database === undefined || url.search || url.hash) {
    const cure = 'write redis://host:6379, or rediss:// for TLS; user:password@ before the host'
    refuseUsage('queue', 'is not the URL of a queue', cure)
  }
  const { protocol, hostname, username } = url
  const port = Number(url.port || DEFAULT_PORT)
  const password = percentDecoded(url.password) || environment[PASSWORD_VARIABLE]
  return {
    name: `${protocol}//${hostname}:${port}`,
    // the brackets of an IPv6 address belong to the URL
    host: hostname.replace(/^\[|\]$/g, ''),
    port,
    ...(username && { username: percentDecoded(username) }),
    ...(password && { password }),
    db: Number(database),
    tls: protocol === 'rediss:',
  }
}
