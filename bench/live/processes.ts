/** The processes of live suites: emulated servers and routers, each on its own, in a folder that is removed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { connect as dial } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withFolder } from '../temporary-folder.ts'

export const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

const LOADER = fileURLToPath(new URL('../../.config/typescript.mjs', import.meta.url))

const children: ChildProcess[] = []
/** The working directory of the processes. */
export let folder = ''

/** Runs work that starts processes. They are ended after it, or when this process exits. */
export function withProcesses<T>(work: () => Promise<T>): Promise<T> {
  return withFolder(async (created) => {
    folder = created
    process.prependOnceListener('exit', endAll)
    try {
      return await work()
    } finally {
      process.off('exit', endAll)
      endAll()
    }
  })
}

function endAll(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL')
}

/** Starts a program of this folder, and waits for its first line. */
export function startPeer(program: string, ...args: string[]) {
  const file = fileURLToPath(new URL(program, import.meta.url))
  return start(['--import', LOADER, file, ...args], /\n/)
}

/** Starts a process and waits until its output matches `says`. */
export async function start(
  args: readonly string[],
  says: RegExp,
): Promise<{ said: string; child: ChildProcess }> {
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
  children.push(child)
  let said = ''
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text) => {
        said += text
        if (says.test(said)) resolve()
      })
    }
    child.once('close', () => reject(new Error(`node ${args.join(' ')} ended: ${said}`)))
  })
  return { said, child }
}

/** Starts a command that is not Node, and waits until its port takes connections. */
export async function startCommand(
  command: string,
  args: readonly string[],
  port: number,
): Promise<{ pid: number }> {
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  children.push(child)
  let said = ''
  child.once('error', (error) => {
    said += error.message
  })
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null || child.pid === undefined) break
    if (await takesConnections(port)) return { pid: child.pid! }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${command} does not listen: ${said}`)
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial({ port, host: '127.0.0.1' })
    const answer = (taken: boolean) => {
      socket.destroy()
      resolve(taken)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}

/** Processor time that a process has taken, ms, to 10 ms. */
export async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ')
  return 10 * (Number(fields[11]) + Number(fields[12]))
}

/** Resident memory of a process, now or at its peak, MB. */
export async function memoryMb(pid: number, which: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`^${which}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
}

export async function emulate(name: string, counts: string, ...more: string[]) {
  const args = [CLI, 'emulate', '--counts', counts, '--out', name, ...more]
  const { child } = await start(args, /Ctrl-C/)
  const { servers } = JSON.parse(await readFile(join(folder, name, 'fleet.json'), 'utf8'))
  return { child, servers: servers as { address: string; type: string }[] }
}

/** The servers that can serve, of the metrics of a router. */
function upIn(metrics: string): number {
  const counts = [...metrics.matchAll(/^kairos_servers\{.*state="up"\} (\d+)$/gm)]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}

/** Starts a router in front of servers and waits until all of them are up. */
export function route(servers: readonly object[], ...more: string[]) {
  return routeWith([], servers, ...more)
}

/** The same with flags of Node. */
export async function routeWith(nodeFlags: readonly string[], servers: readonly object[], ...more: string[]) {
  await writeFile(join(folder, 'fleet.json'), JSON.stringify({ servers }))
  const args = [
    ...nodeFlags,
    CLI,
    'route',
    '--fleet',
    'fleet.json',
    '--port',
    '0',
    '--admin-port',
    '0',
    ...more,
  ]
  const { said, child } = await start(args, /routing .*\n/)
  const [, address, admin] = /on (\S+), metrics on (\S+)/.exec(said)!
  const metrics = async () => (await fetch(admin)).text()
  const up = async () => upIn(await metrics())
  while ((await up()) < servers.length) await new Promise((resolve) => setTimeout(resolve, 50))
  return { address, metrics, child }
}
