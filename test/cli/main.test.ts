import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { CLI, kairosHere, temporaryFolder } from './kairos.ts'

/** The exit status of a command whose output, 1 or 2 for stdout or stderr, goes to a device that is always full. */
async function statusOnFullDisk(args: readonly string[], output: 1 | 2, cwd?: string) {
  const full = openSync('/dev/full', 'w')
  onTestFinished(() => closeSync(full))
  const stdio = (['ignore', 'ignore', 'ignore'] as ('ignore' | number)[]).with(output, full)
  const child = spawn(process.execPath, [CLI, ...args], { stdio, ...(cwd !== undefined && { cwd }) })
  const [status] = await once(child, 'close')
  return status
}

const onLinux = test.skipIf(process.platform !== 'linux')

onLinux('a command whose remarks cannot be written has done its work all the same', async () => {
  const generate = ['trace', 'generate', '--rate', '10', '--queries', '10']
  expect(await statusOnFullDisk(generate, 2)).toBe(0)
})

onLinux('a command that ends because its output cannot be written leaves no half-written file', async () => {
  const folder = temporaryFolder()
  const allocate = ['allocate', '--all', '--format', 'csv', '--out', 'new/out']
  expect(await statusOnFullDisk(allocate, 1, folder)).toBe(1)
  expect(readdirSync(folder)).toEqual([])
})

onLinux('a command that may open too few files to be read says so', async () => {
  const route = `exec '${process.execPath}' '${CLI}' route --fleet none.json`
  // with the fewest, some versions of Node do not start
  const ended = [40, 32, 26, 24, 22, 21, 20].map((most) =>
    promisify(execFile)('sh', ['-c', `ulimit -n ${most}; ${route}`]).then(() => ''),
  )
  const told = await Promise.all(ended.map((each) => each.catch(({ stderr }: { stderr: string }) => stderr)))
  const problem = 'too many files are open; raise the limit of open files (ulimit -n)\n'
  // of the code that all commands share, and of that of this command
  expect(told).toContain(`kairos-wasm: ${problem}`)
  expect(told.join('')).toMatch(/^kairos-wasm: \S+: too many files are open; raise the limit/m)
  expect(told.join('')).not.toContain('kairos-wasm: Error')
})

onLinux('a command in a folder that has been removed says so', async () => {
  const folder = temporaryFolder()
  const script = 'cd "$0" && rmdir "$0" && exec "$@"'
  const command = [process.execPath, CLI, 'allocate', '--out', 'x']
  const child = spawn('sh', ['-c', script, folder, ...command])
  let stderr = ''
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const [status] = await once(child, 'close')
  expect(stderr).toBe('kairos-wasm: the current folder has been removed; change to another one\n')
  expect(status).toBe(2)
})

onLinux('a command whose terminal is closed saves what it has found, and ends by SIGHUP', async () => {
  const folder = temporaryFolder()
  const allocate = `'${process.execPath}' '${CLI}' allocate --all --budget 12 --format csv --out out`
  // script opens a terminal, which is gone with it
  const shell = `trap '' HUP; ${allocate}; echo $? > status`
  const terminal = spawn('script', ['-qec', shell, '/dev/null'], { cwd: folder })
  terminal.stdout.once('data', () => terminal.kill('SIGKILL'))
  await vi.waitFor(() => expect(existsSync(join(folder, 'status'))).toBe(true), { timeout: 20_000 })
  expect(readFileSync(join(folder, 'status'), 'utf8')).toBe('129\n')
  expect(readdirSync(join(folder, 'out')).toSorted()).toEqual(['config.json', 'ranking.csv'])
})

onLinux.each([
  ['search', '--budget', '0.6', '--svg'],
  ['capacity', '--counts', '1,0,0,0', '--queries', '200', '--repeats', '2', '--report'],
  ['replay', '--counts', '1,0,0,0', '--rate', '5', '--queries', '100', '--schedule'],
])('%s prints a result that cannot be saved', async (...args) => {
  const { status, stdout, stderr } = await kairosHere([...args, '/dev/full', '--quiet'], temporaryFolder())
  expect(stderr).toContain('/dev/full: the disk is full')
  expect(stdout).toMatch(/^rm2 on|^rm2: /)
  expect(status).toBe(1)
})

onLinux.each([
  ['replays.txt', 'replay', '--counts', '1,0,0,0', '--seeds', '1,2', '--rate', '5', '--queries', '100'],
  ['replay.txt', 'replay', '--plan', 'plan.json', '--rate', '5', '--queries', '100'],
  ['plan.txt', 'plan', '--rates', 'rates.csv'],
  ['plan.txt', 'plan', '--rates', 'rates.csv', '--pareto'],
])('where %s cannot be saved, %s prints it all the same', async (file, ...args) => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'rates.csv'), 'start_s,rate_qps\n0,10\n60,20\n')
  const plan = await kairosHere(['plan', '--rates', 'rates.csv', '--format', 'json'], folder)
  writeFileSync(join(folder, 'plan.json'), plan.stdout)
  mkdirSync(join(folder, 'out'))
  symlinkSync('/dev/full', join(folder, 'out', file))
  const { status, stdout, stderr } = await kairosHere([...args, '--out', 'out', '--quiet'], folder)
  expect(stderr).toContain('/dev/full: the disk is full')
  expect(stdout).toMatch(/^rm2\b.*\n/)
  expect(status).toBe(1)
})

test.each([
  [['trace', 'describe', ''], 'file: is empty; give it a value'],
  [['merge', ''], 'folder: is empty; give it a value'],
  [['request', '127.0.0.1:1', '--tls-server-name', ' '], '--tls-server-name: is " "; the name of a host'],
  [
    ['route', '--fleet', 'fleet.json', '--online', '1e308'],
    "option '--online <seconds>' argument '1e308' is invalid",
  ],
  [['catalog', 'aws', 'index.json', '--types', ' '], 'Expected names separated by commas'],
  [['allocate', '--bound', '\u001b[2Jx'], "option '--bound <name>' argument '\\x1b[2Jx' is invalid"],
  [
    ['allocate', '--bound', 'x'.repeat(9000)],
    `${'x'.repeat(199)}...${'x'.repeat(19)}' is invalid. Allowed choices`,
  ],
])('%j is refused by the name of the flag or the argument', async (args, message) => {
  const { status, stderr } = await kairosHere(args)
  expect(stderr).toContain(message)
  expect(status).toBe(2)
})

test('no command loads the library for YAML at its start', () => {
  const texts = new Map<string, string>()
  const load = (file: string) => {
    if (texts.has(file)) return
    const text = readFileSync(file, 'utf8')
    texts.set(file, text)
    // import() loads later
    for (const [, name] of text.matchAll(/^(?:import|export|[}]) ?(?:from )?"([.][/][^"]+)";$/gm)) {
      load(join(dirname(file), name))
    }
  }
  load(join(dirname(CLI), '../chunks/main.js'))
  const loaded = [...texts].filter(([, text]) => text.includes('YAMLParseError'))
  expect(texts.size).toBeGreaterThan(2)
  expect(loaded.map(([file]) => file)).toEqual([])
})
