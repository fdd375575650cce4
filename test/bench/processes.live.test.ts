import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

test('Ctrl-C ends the servers of a suite and removes its folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-interrupted-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const args = ['--import', './.config/typescript.mjs', 'bench/main.ts', 'slots']
  const bench = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: folder }, stdio: 'ignore' })
  onTestFinished(() => void bench.kill('SIGKILL'))
  const server = await expect
    .poll(() => addressBelow(folder), { interval: 20 })
    .toBeDefined()
    .then(() => addressBelow(folder)!)
  bench.kill('SIGINT')
  expect((await once(bench, 'exit'))[0]).toBe(130)
  expect(readdirSync(folder)).toEqual([])
  const [host, port] = server.split(':')
  const socket = connect(Number(port), host)
  expect(await once(socket, 'connect').catch(({ code }) => code)).toBe('ECONNREFUSED')
})

/** The address of the first emulated server, once it runs. */
function addressBelow(folder: string): string | undefined {
  try {
    const [created] = readdirSync(folder)
    return JSON.parse(readFileSync(join(folder, created, 'one', 'fleet.json'), 'utf8')).servers[0].address
  } catch {
    return undefined
  }
}
