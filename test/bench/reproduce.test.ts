import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { type Reproduction, tablesOf } from '../../bench/reproduce/tables.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

test('a quick reproduction measures everything, and agrees with measuring everything', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-reproduce-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const command = `npm run reproduce -- --quick --out "${folder}"`
  const { stdout } = await run('bash', ['-c', command], { cwd: root })
  const files = ['reproduce-policies.svg', 'reproduce-searches.svg', 'reproduce.json']
  expect(readdirSync(folder).sort()).toEqual(files)
  for (const file of files.slice(0, 2)) expect(readFileSync(join(folder, file), 'utf8')).toMatch(/^<svg /)
  const found = JSON.parse(readFileSync(join(folder, 'reproduce.json'), 'utf8')) as Reproduction
  expect(stdout.endsWith(`\n\n${tablesOf(found)}\n`)).toBe(true)
  expect(found.comparisons.map(({ model, arrivals }) => `${model} ${arrivals}`)).toEqual([
    ...['mtwnd poisson', 'dien poisson', 'mtwnd integer-gaps', 'dien integer-gaps'],
  ])
  for (const { gain, allowed, evaluations, feasible, homogeneous, best } of found.comparisons) {
    expect(gain.mean).toBeGreaterThan(1.2)
    expect(allowed.priced.mean).toBeGreaterThan(allowed.fcfs.mean)
    expect(evaluations).toBeLessThan(feasible)
    expect(homogeneous.counts.filter((count) => count > 0)).toHaveLength(1)
    expect(best.filter((count) => count > 0).length).toBeGreaterThan(1)
  }
  for (const { confirmed, to99, found: curves } of found.searches) {
    expect(confirmed).toBe(true)
    expect(to99['by bound'].mean).toBeLessThan(to99.random.mean)
    for (const curve of Object.values(curves)) {
      expect(curve).toEqual(curve.toSorted((a, b) => a - b))
      expect(curve.at(-1)).toBe(1)
    }
  }
})

test('a quick run is refused without a folder: its results are too coarse for the page', async () => {
  const script = ['--import', './.config/typescript.mjs', 'bench/reproduce.ts', '--quick']
  await expect(run(process.execPath, script, { cwd: root })).rejects.toMatchObject({ code: 2 })
})

test('a folder that cannot be made is refused before anything is measured', async () => {
  const script = ['--import', './.config/typescript.mjs', 'bench/reproduce.ts', '--out', 'package.json']
  const stderr = expect.stringMatching(/^error: the results cannot be written: EEXIST.*package\.json'\n$/)
  await expect(run(process.execPath, script, { cwd: root })).rejects.toMatchObject({ code: 2, stderr })
})
