/** What the pages show belongs to their commands, whose tests compare it; the first lines and the tables of pages. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { picturesOf } from '../../bench/reproduce/figures.ts'
import { type Reproduction, withTables } from '../../bench/reproduce/tables.ts'
import { MODELS } from '../../bench/workloads.ts'
import { rankConfigurations, readSpace, readWorkload } from '../../src/index.ts'
import { renderSvg } from '../../src/report/plots/plot.ts'
import { type Clone, makeClone } from './clone.ts'
import { blocksOf, commandsOf, ROOT, textOf } from './documents.ts'
import { DRAWN, SHOWN, shownBlocks, TOLD } from './shown.ts'

const run = promisify(execFile)

test('every shown output has its command', () => {
  expect(shownBlocks().map(({ document }) => document)).toEqual(SHOWN.map(([document]) => document))
})

test.each([...SHOWN, ...DRAWN, ...TOLD].map(([document, command]) => [document, command]))(
  '%s has the command whose result it shows: %s',
  (document, command) => {
    const onPage = blocksOf(document)
      .filter(({ language }) => language === 'sh')
      .flatMap(commandsOf)
    expect(onPage).toContain(command)
  },
)

test.each(DRAWN)('%s has the picture that %s draws', (document, _, picture) => {
  expect(textOf(document)).toMatch(new RegExp(`\\]\\((docs/)?figures/${picture}\\)`))
})

describe('npx', () => {
  let clone: Clone
  beforeAll(() => {
    clone = makeClone()
  })
  afterAll(() => clone.remove())

  test.each(['kairos-wasm', 'kairos'])('%s runs the command of the clone', async (name) => {
    // a registry is never asked
    const { stdout } = await run('npx', ['--offline', name, '--help'], { cwd: clone.folder })
    expect(stdout).toBe((await clone.runOnce('npx kairos-wasm --help')).stdout)
  })
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

test('the pictures of the comparison are those of the last run', async () => {
  const last = JSON.parse(readFileSync(join(ROOT, 'bench/figures/reproduce.json'), 'utf8')) as Reproduction
  for (const [file, picture] of Object.entries(picturesOf(last))) {
    const isSame = readFileSync(join(ROOT, 'bench/figures', file), 'utf8') === (await renderSvg(picture))
    expect(isSame, file).toBe(true)
  }
})

test('the pictures of the comparison tell bars and lines apart without colours', () => {
  const [policies, searches] = ['policies', 'searches'].map((name) =>
    readFileSync(join(ROOT, `bench/figures/reproduce-${name}.svg`), 'utf8'),
  )
  const bars = [...policies.matchAll(/aria-roledescription="bar".*? fill="([^"]*)"/g)].map(([, fill]) => fill)
  expect(bars).toHaveLength(45)
  expect(new Set(bars).size).toBe(1)
  const lines = [...searches.matchAll(/aria-roledescription="line mark".*?\/>/g)].map(([line]) => line)
  expect(lines).toHaveLength(4)
  expect(new Set(lines.map((line) => /stroke-dasharray="[^"]*"/.exec(line)?.[0])).size).toBe(4)
})

test.each(MODELS)(
  'the guide compares the closed form with the fluid bound as they are, for %s',
  async (model) => {
    const { rows } = await rankConfigurations({
      workload: await readWorkload(model),
      space: await readSpace('hpdc23'),
      topN: 331,
    })
    const ranked = rows.map(({ rank, bound, closedForm }) => ({
      rank,
      share: closedForm! / bound,
      closedForm,
    }))
    const shares = ranked.map(({ share }) => share)
    const best = ranked.toSorted((a, b) => b.closedForm! - a.closedForm!).slice(0, 10)
    const both = best.filter(({ rank }) => rank <= 10).length
    const cells = [model, Math.min(...shares).toFixed(2), Math.max(...shares).toFixed(2), String(both)]
    const lines = textOf('docs/guide.md').split('\n')
    const printed = lines.map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    expect(printed).toContainEqual(cells)
  },
)
