/** `kairos-wasm web` serves one page on the loopback address. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { CLI, kairos, kairosHere, temporaryFolder } from '../kairos.ts'

const PAGE = fileURLToPath(new URL('../../../build/page.html', import.meta.url))

async function served(...flags: string[]) {
  const child = spawn(process.execPath, [CLI, 'web', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  onTestFinished(async () => {
    child.kill()
    await exited
  })
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  return { address: String(line).trim(), child, exited }
}

test('serves the planner at / and nothing else, until a signal ends it', async () => {
  const { address, child, exited } = await served()
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  const response = await fetch(address)
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(await response.text()).toBe(readFileSync(PAGE, 'utf8'))
  expect((await fetch(`${address}data/catalog.csv`)).status).toBe(404)
  expect((await fetch(address, { method: 'POST' })).status).toBe(404)
  expect((await fetch(`${address}?a=/b`)).status).toBe(200)
  // no path of a URL
  expect((await fetch(`${address}/`)).status).toBe(404)
  child.kill('SIGTERM')
  expect((await exited)[0]).toBe(0)
})

test('serves a saved report, and no other file', async () => {
  const folder = temporaryFolder()
  const report = join(folder, 'report.html')
  await kairosHere(['allocate', '--model', 'rm2', '--report', report, '--quiet'])
  const { address } = await served('--page', report)
  expect(await (await fetch(address)).text()).toBe(readFileSync(report, 'utf8'))
  const other = join(folder, 'other.html')
  writeFileSync(other, '<!doctype html>\n<title>kairos planner</title>\n')
  const { status, stderr } = await kairos(['web', '--page', other])
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: `kairos-wasm: ${other}: is no report; give an HTML file that --report has written\n`,
  })
})

test('a port that is taken is reported', async () => {
  const { address } = await served()
  const { status, stderr } = await kairos(['web', '--port', new URL(address).port])
  expect(status).toBe(2)
  expect(stderr).toMatch(/^kairos-wasm: --port: is \d+, which is not available/)
})
