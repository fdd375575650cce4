/** What the pages show as output is what the commands print. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Reproduction, withTables } from '../../bench/reproduce/tables.ts'
import { type Clone, makeClone } from './clone.ts'
import { blocksOf, commandsOf, DOCUMENTS, ROOT, textOf } from './documents.ts'

const run = promisify(execFile)

let clone: Clone
beforeAll(() => {
  clone = makeClone()
})
afterAll(() => clone.remove())

const TRACE = 'npx kairos-wasm trace generate --queries 20000 --rate 95 --seed 1 --out results/trace.csv'

/** Each block of language `text`, with the commands of the same page that print it. */
const SHOWN: readonly (readonly [document: string, commands: readonly string[]])[] = [
  ['README.md', ['npm run --silent allocate']],
  [
    'docs/guide.md',
    [
      TRACE,
      'npx kairos-wasm replay --trace results/trace.csv --counts g4dn.xlarge=2,r5n.large=9 --policy kairos,fcfs',
    ],
  ],
  [
    'docs/guide.md',
    [
      'npx kairos-wasm capacity --counts g4dn.xlarge=2,r5n.large=9 --policy kairos,fcfs --arrivals integer-gaps',
    ],
  ],
  ['docs/guide.md', ['npx kairos-wasm search --model dien --svg results/proof-dien.svg']],
]

const textBlocks = DOCUMENTS.flatMap((document) =>
  blocksOf(document)
    .filter(({ language }) => language === 'text')
    .map((block) => ({ document, block })),
).filter(({ document }) => SHOWN.some(([shown]) => shown === document))

test('every shown output has its command', () => {
  expect(textBlocks.map(({ document }) => document)).toEqual(SHOWN.map(([document]) => document))
})

test.each(
  SHOWN.map(([document, commands], i) => [commands.at(-1) as string, document, commands, i] as const),
)('%s prints what %s shows', async (_, document, commands, i) => {
  const onPage = blocksOf(document)
    .filter(({ language }) => language === 'sh')
    .flatMap(commandsOf)
  let printed = ''
  for (const command of commands) {
    expect(onPage).toContain(command.replace(' --silent', ''))
    printed = (await clone.runOnce(command)).stdout
  }
  const lines = (text: string) => text.split('\n').map((line) => line.trimEnd())
  const shown = lines(textBlocks[i].block.text.trimEnd())
  expect(lines(printed).slice(0, shown.length)).toEqual(shown)
})

test.each([
  [
    'README.md',
    'frontier.svg',
    'npx kairos-wasm allocate --model mtwnd --top-n 400 --svg results/frontier.svg > results/ranking.txt',
  ],
  ['docs/guide.md', 'proof-dien.svg', 'npx kairos-wasm search --model dien --svg results/proof-dien.svg'],
])('the picture of %s, %s, is what its command draws', async (document, picture, command) => {
  expect(textOf(document)).toContain(`\n${command}\n`)
  await clone.runOnce(command)
  const drawn = readFileSync(join(clone.folder, 'results', picture), 'utf8')
  // where the drawing is meant to change: run the command, and move the file to docs/figures
  expect(drawn === readFileSync(join(ROOT, 'docs/figures', picture), 'utf8')).toBe(true)
})

test('the README tells what its last command measures', async () => {
  const command = /^npx kairos-wasm capacity .*$/m.exec(textOf('README.md'))?.[0]
  const { stdout } = await clone.run(`${command} --format json`)
  const { results } = JSON.parse(stdout) as { results: { mean: number }[] }
  expect(textOf('README.md')).toContain(`A replay measures ${results[0].mean.toFixed(1)} of them`)
})

test.each(['kairos-wasm', 'kairos'])('npx %s runs the command of the clone', async (name) => {
  // a registry is never asked
  const { stdout } = await run('npx', ['--offline', name, '--help'], { cwd: clone.folder })
  expect(stdout).toBe((await clone.run('npx kairos-wasm --help')).stdout)
})

test('the README begins with the two lines that a newcomer pastes', () => {
  const [first] = blocksOf('README.md')
  expect(first).toMatchObject({ language: 'sh', text: 'npm ci && npm run allocate\nnpm ci && npm test\n' })
})

test('the tables of the comparison are those of the last run', () => {
  const last = JSON.parse(readFileSync(join(ROOT, 'bench/figures/reproduce.json'), 'utf8')) as Reproduction
  const page = textOf('docs/reproduction.md')
  expect(withTables(page, last)).toBe(page)
  expect(withTables(page.replace('its fluid bound', ''), last)).toBe(page)
})
