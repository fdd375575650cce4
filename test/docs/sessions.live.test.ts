/**
 * Every block of language `console` is a session: its commands run one after the other in a clone, a command that
 * ends in `&` until the session ends. Ports are moved to free ones, and long commands get flags that make them short.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clone, makeClone } from './clone.ts'
import { blocksOf, DOCUMENTS } from './documents.ts'

/** The first of twenty free ports, below those that the system gives to others. */
async function freePorts(first = 10_000 + (process.pid % 1000) * 20): Promise<number> {
  const taken = Array.from({ length: 20 }, (_, i) => {
    const server = createServer().listen(first + i)
    return once(server, 'listening')
      .then(() => once(server.close(), 'close'))
      .then(
        () => false,
        () => true,
      )
  })
  return (await Promise.all(taken)).includes(true) ? freePorts(first + 20) : first
}

const FIRST_PORT = await freePorts()

/** The ports of the pages, and where they are moved to: emulated servers first, then the router, then Redis. */
const PORTS: readonly (readonly [RegExp, (port: number) => number])[] = [
  [/\b500\d\d\b/g, (port) => FIRST_PORT + port - 50_051],
  [/\b800\d\b/g, (port) => FIRST_PORT + 12 + port - 8001],
  [/\b6379\b/g, (port) => FIRST_PORT + 18 + port - 6379],
]

const SHORTENED: readonly (readonly [RegExp, string])[] = [
  [/kairos-wasm distribute/, ' --queries 200'],
  [/kairos-wasm capacity/, ' --queries 2000'],
  [/kairos-wasm route (?!.*--port)/, ' --port 8001 --admin-port 8002'],
]

/** What a command prints when it serves. */
const READY = /Ctrl-C|routing|Ready to accept/

function moved(text: string): string {
  return PORTS.reduce(
    (changed, [pattern, move]) => changed.replace(pattern, (port) => String(move(Number(port)))),
    text,
  )
}

function runnable(command: string): string {
  const more = SHORTENED.filter(([pattern]) => pattern.test(command)).map(([, flags]) => flags)
  return moved(command + more.join(''))
}

const sessions = DOCUMENTS.flatMap((document) =>
  blocksOf(document)
    .filter(({ language }) => language === 'console')
    .map(({ text, line }) => ({
      document,
      place: `${document}:${line}`,
      files: blocksOf(document).filter(({ file }) => file !== ''),
      commands: text
        .split('\n')
        .filter((each) => each.startsWith('$ '))
        .map((each) => each.slice(2).replace(/ #.*/, '').trim()),
    })),
)

test('there are sessions', () => {
  expect(sessions.length).toBeGreaterThan(0)
})

describe.each(sessions)('$place', ({ document, commands, files }) => {
  let clone: Clone
  const servers: ChildProcess[] = []
  beforeAll(() => {
    clone = makeClone(document)
    const fleet = join(clone.page, 'fleet.json')
    if (existsSync(fleet)) writeFileSync(fleet, moved(readFileSync(fleet, 'utf8')))
    for (const block of files) clone.write({ ...block, text: moved(block.text) })
  })
  afterAll(async () => {
    for (const server of servers) {
      server.kill('SIGINT')
      if (server.exitCode === null) await once(server, 'close')
    }
    clone.remove()
  })

  test.each(commands)('%s', async (command) => {
    if (!command.endsWith(' &')) {
      const { stdout, stderr } = await clone.run(runnable(command))
      expect(stdout + stderr).not.toBe('')
      return
    }
    const line = clone.runnable(runnable(command.slice(0, -' &'.length)))
    const server = spawn('bash', ['-c', `exec ${line}`], {
      cwd: clone.page,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    servers.push(server)
    let said = ''
    await new Promise<void>((resolve, reject) => {
      for (const stream of [server.stdout, server.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text
          if (READY.test(said)) resolve()
        })
      }
      server.once('close', () => reject(new Error(`${line} ended: ${said}`)))
    })
    expect(server.exitCode).toBe(null)
  })
})
