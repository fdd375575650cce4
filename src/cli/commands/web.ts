import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Command, Option } from 'commander'
import { readPageShell, readReport } from '../../files/io/page-shell.ts'
import { KairosError } from '../../model/errors.ts'
import { runWith } from '../input/config.ts'
import * as flags from '../input/flags.ts'
import { wholeNumber } from '../input/parse.ts'
import { aborted, interruptSignal } from '../output/signals.ts'
import { tell } from '../output/terminal.ts'

export const EXAMPLES = `
Examples:
  kairos-wasm web                                the planner, in the browser of this machine
  kairos-wasm web --no-open --port 8080          only the address
  kairos-wasm web --page report.html             a saved report instead

The page computes in the browser and sends nothing: only its own HTML passes over the network, on the loopback address.
Ctrl-C ends the server.`

interface WebFlags {
  readonly port: number
  readonly page?: string
  readonly open: boolean
  readonly quiet?: boolean
}

export function define(command: Command): void {
  flags.addFlags(
    command,
    new Option('--port <number>', 'the port to listen on; 0 for a free one')
      .default(0)
      .argParser(wholeNumber(0, 65_535)),
    new Option('--page <file>', 'serve a saved report instead of the empty planner'),
    new Option('--no-open', 'only print the address, and open no browser'),
    flags.common(),
  )
  runWith(command, web)
}

async function web({ port, page, open, quiet }: WebFlags): Promise<void> {
  const html = page === undefined ? await readPageShell() : await readReport(page)
  const signal = interruptSignal()
  const server = createServer((request, response) => {
    const isPage = request.url?.split('?')[0] === '/'
    if (!isPage || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('kairos-wasm: only / is served\n')
      return
    }
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
      .end(request.method === 'HEAD' ? undefined : html)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening').catch((error: Error) => {
    const problem = `is ${port}, which is not available: ${error.message}`
    throw new KairosError('BAD_USAGE', problem, { field: 'port' }, 'choose another one, or 0', {
      cause: error,
    })
  })
  // a connection that cannot be accepted
  server.on('error', () => undefined)
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  process.stdout.write(`${address}\n`)
  tell(quiet, 'Ctrl-C ends the server')
  if (open && process.stdout.isTTY) openBrowser(address)
  await aborted(signal)
  server.close()
  server.closeAllConnections()
}

/** Opens the browser of the desktop. Without one the address on stdout is all. */
function openBrowser(address: string): void {
  const commands: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer' }
  const child = spawn(commands[process.platform] ?? 'xdg-open', [address], {
    stdio: 'ignore',
    detached: true,
  })
  child.on('error', () => undefined)
  child.unref()
}
