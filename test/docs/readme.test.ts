import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Reproduction, withTables } from '../../bench/reproduce/tables.ts'

/** Every command and every snippet of the documents is run, in a copy of what a clone holds after `npm ci`. */
const root = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)

/** What npm needs to run the package's own command, its build included. */
const CLONE = [
  'package.json',
  'tsconfig.json',
  'asconfig.json',
  '.config',
  'assembly',
  'src',
  'data',
  'build',
  'dist',
]

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kairos-readme-'))
  for (const name of CLONE) {
    cpSync(join(root, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  mkdirSync(join(folder, 'results'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function blocks(document: string, language: string): string[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1],
  )
}

// what CI does itself, or would do without end: installing, and the tests that this is one of
const ITSELF = /^npm (ci|test|run (check|format|bench|reproduce))\b/

function commands(document: string): string[] {
  return blocks(document, 'sh')
    .flatMap((block) => block.split('\n'))
    .flatMap((line) => line.split('&&'))
    .map((line) => line.replace(/ #.*/, '').trim())
    .filter((line) => line !== '' && !ITSELF.test(line))
}

test.each(commands('README.md'))('%s', async (command) => {
  const { stdout, stderr } = await run('bash', ['-c', command], { cwd: folder, maxBuffer: 1e8 })
  // a result that goes to a file is told on stderr
  expect(stdout + stderr).not.toBe('')
})

test('the first lines are the two that a newcomer pastes', () => {
  expect(blocks('README.md', 'sh')[0]).toBe('npm ci && npm run allocate\nnpm ci && npm test\n')
})

test('the table that the README shows is what the first line prints', async () => {
  const { stdout } = await run('npm', ['run', '--silent', 'allocate'], { cwd: folder })
  const shown = blocks('README.md', 'text')[0].trimEnd().split('\n')
  const printed = stdout.split('\n').map((line) => line.trimEnd())
  expect(printed.slice(0, shown.length)).toEqual(shown)
})

// the trace of the first is drawn by a command above it
test.each([
  ['npx kairos replay --trace results/trace.csv --counts 2,0,9,0 --policy kairos,fcfs', 1],
  ['npx kairos capacity --counts 2,0,9,0 --policy kairos,fcfs --arrivals integer-gaps', 2],
  ['npx kairos search --model dien', 3],
])('the README shows what is printed by %s', async (command, block) => {
  expect(commands('README.md')).toContain(command)
  const { stdout } = await run('bash', ['-c', command], { cwd: folder })
  expect(stdout.startsWith(blocks('README.md', 'text')[block])).toBe(true)
})

test('the tables of the comparison are those of the last run', () => {
  const run = JSON.parse(readFileSync(join(root, 'bench/figures/reproduce.json'), 'utf8')) as Reproduction
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  expect(withTables(readme, run)).toBe(readme)
  expect(withTables(readme.replace('its fluid bound', ''), run)).toBe(readme)
})

test.each(blocks('README.md', 'js'))('%s', async (program) => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder })
  expect(stdout).not.toBe('')
})

test('the examples of every help are commands that parse', async () => {
  const { stdout } = await run(process.execPath, [join(folder, 'dist/cli/main.js'), '--help'])
  const names = [...stdout.matchAll(/^ {2}([a-z]+)( \[options\]| <| {2})/gm)].map((match) => match[1])
  expect(names).toContain('allocate')
  for (const name of names.filter((other) => other !== 'help')) {
    const help = await run(process.execPath, [join(folder, 'dist/cli/main.js'), name, '--help'])
    expect(help.stdout, name).toContain(`  kairos ${name}`)
  }
})
