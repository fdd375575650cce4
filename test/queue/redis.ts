/** A Redis of a test's own, on a free port of this machine. It ends with the test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from '../free-port.ts'

export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Ends it as a crash does, and starts it again on the same port with the data that it had written. */
  restart(): Promise<void>
  /** Ends it as a crash does. */
  kill(): Promise<void>
  /** Stops it: it keeps its connections and accepts new ones, and answers nothing. */
  freeze(): void
}

interface Options {
  /** The address without user and password; the port stands for itself. */
  readonly url?: (port: number) => string
  /** Settings of redis-server. */
  readonly settings?: (port: number) => readonly string[]
}

const PLAIN: Required<Options> = {
  url: (port) => `redis://127.0.0.1:${port}`,
  settings: (port) => ['--port', String(port)],
}

const STARTED = /Ready to accept connections/

export async function startRedis({
  url = PLAIN.url,
  settings = PLAIN.settings,
}: Options = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-redis-'))
  const argsOf = (port: number) => [
    ...[...settings(port), '--bind', '127.0.0.1', '--dir', folder],
    ...['--save', '', '--appendonly', 'yes'],
  ]
  let port = await freePort()
  let server = await started(argsOf(port)).catch(async (error: Error) => {
    if (!error.message.includes('Address already in use')) throw error
    // another program took the port in the meantime
    port = await freePort()
    return started(argsOf(port))
  })
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
  onTestFinished(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    port,
    url: url(port),
    kill,
    freeze: () => void server.kill('SIGSTOP'),
    async restart() {
      await kill()
      server = await started(argsOf(port))
    },
  }
}

async function started(args: readonly string[]): Promise<ChildProcess> {
  const server = spawn('redis-server', args)
  let said = ''
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      const cure =
        'install redis-server, as with apt-get install redis-server: the tests of the queue need it'
      reject(error.code === 'ENOENT' ? new Error(cure) : error)
    })
    server.on('exit', (status) => reject(new Error(`redis-server ended with ${status}: ${said}`)))
    server.stdout?.setEncoding('utf8').on('data', (text) => {
      said += text
      if (STARTED.test(said)) resolve(server)
    })
  })
}
