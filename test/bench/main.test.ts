import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { bench as runBench } from '../../bench/command.ts'
import type { SuiteResult } from '../../bench/measure.ts'
import { type Run, runOf } from '../../bench/run-file.ts'
import { runWith } from './runs.ts'

/** The command in this process. */
async function bench(...args: string[]) {
  const said = { stdout: '', stderr: '' }
  const status = await runBench(args, {
    out: (text) => {
      said.stdout += `${text}\n`
    },
    error: (text) => {
      said.stderr += `${text}\n`
    },
  })
  return { status, ...said }
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kairos-bench-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function saved(name: string, run: object): string {
  const file = join(folder, name)
  writeFileSync(file, JSON.stringify(run))
  return file
}

const lattice = (medianMs: number): Partial<SuiteResult> => ({
  timings: [
    { group: 'scan', name: 'wasm', minMs: 0.9 * medianMs, medianMs, spread: 0.01, samples: 100 },
    { group: 'scan', name: 'fallback', reference: true, minMs: 4, medianMs: 5, spread: 0.01, samples: 9 },
  ],
  figures: [{ what: 'wasm over fallback', value: 5 / medianMs, unit: 'x', goal: { atLeast: 4 } }],
})

test('help names the suites and defines the noise', async () => {
  const { status, stdout } = await bench('--help')
  expect(status).toBe(0)
  for (const text of ['process', 'lattice', 'policies', '--json', '--compare', 'Noise', 'interquartile']) {
    expect(stdout).toContain(text)
  }
})

test('ends quietly when its reader has enough', () => {
  const command = 'node --import ./.config/typescript.mjs bench/main.ts --help | true'
  expect(spawnSync('sh', ['-c', command], { encoding: 'utf8' }).stderr).toBe('')
})

test.each([
  ['an unknown suite', ['foo'], /there is no suite foo; there are .*lattice/],
  ['a file that cannot be written', ['lattice', '--json', 'nowhere/x.json'], /nowhere is not a folder/],
  ['a folder in place of a file', ['lattice', '--json', 'docs'], /docs is not a file that can be written/],
  ['an unknown flag', ['--jsno', 'x'], /unknown option '--jsno'/],
  ['an earlier run that does not exist', ['--compare', 'nowhere.json'], /nowhere\.json.*ENOENT/],
  ['an earlier run that is another document', ['--compare', 'package.json'], /package\.json: schema/],
])('%s is refused before anything is measured', async (_what, args, message) => {
  const { status, stdout, stderr } = await bench(...args)
  expect(stderr).toMatch(message)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})

test.each([
  ['of another machine', (run: Run) => ({ ...run, machine: '64 x other' }), /machine is .*64 x other/],
  ['without the suite', (run: Run) => ({ ...run, results: [] }), /suite lattice is not in the earlier run/],
])('an earlier run %s is refused before anything is measured', async (_what, change, message) => {
  const file = saved('unlike.json', change(runWith(lattice(1))))
  const { status, stdout, stderr } = await bench('lattice', '--compare', file)
  expect(stderr).toMatch(message)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})

test('exits 0 where every goal is reached and nothing is slower', async () => {
  const file = saved('good.json', runWith(lattice(1)))
  const { status, stdout, stderr } = await bench('--from', file, '--compare', file)
  expect(stdout).toMatch(/wasm over fallback +5\.00 x +>= 4 +reached/)
  expect(stdout).toContain('1 compared, 0 regressions, 0 improvements')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('exits 1 where a goal is missed, and names it: the process', () => {
  const script = ['--import', './.config/typescript.mjs', 'bench/main.ts']
  const args = [...script, '--from', saved('missed.json', runWith(lattice(2)))]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stdout).toMatch(/wasm over fallback +2\.50 x +>= 4 +MISSED/)
  expect({ status, stderr }).toEqual({ status: 1, stderr: 'goal missed: wasm over fallback\n' })
})

test.each([
  [{ atLeast: 1 }, 0.9996, '0.9996'],
  [{ atMost: 1 }, 1.00004, '1.00004'],
  [{ atMost: 250 }, 250.3, '250.3'],
  [{ atLeast: 5000 }, 4999.7, '4999.7'],
])('goal %o: a value beside it is shown by enough digits: %d', async (goal, value, shown) => {
  const figures = [{ what: 'near', value, unit: 'x', goal }]
  const { stdout } = await bench('--from', saved('near.json', runWith({ figures })))
  expect(stdout).toMatch(new RegExp(`near +${shown} x .* MISSED`))
})

test('a figure without a value is saved, misses its goal, and is read again', async () => {
  const figures = [{ what: 'none', value: Number.NaN, unit: 'x', goal: { atMost: 1 } }]
  const { status, stdout, stderr } = await bench('--from', saved('none.json', runWith({ figures })))
  expect(stdout).toMatch(/none +NaN x +<= 1 +MISSED/)
  expect({ status, stderr }).toEqual({ status: 1, stderr: 'goal missed: none\n' })
})

describe('a suite that fails', () => {
  afterEach(() => vi.unstubAllEnvs())

  test.each([
    ['policies', 'PARTS', 'best,worst', 'name some of best,all,wrong,bursts,surge'],
    ['decisions', 'FLEETS', '7', 'name some of 10,100,1000,10000'],
    ['soak', 'SOAK_MINUTES', '0', 'name a whole number from 1'],
  ])('%s says why, and what others measured is kept', async (suite, variable, value, message) => {
    vi.stubEnv(variable, value)
    const kept = join(folder, 'failed.json')
    const { status, stderr } = await bench(suite, '--json', kept)
    expect(stderr).toContain(`suite ${suite} failed: Error: ${variable}=${value}: ${message}`)
    expect(status).toBe(1)
    expect(JSON.parse(readFileSync(kept, 'utf8')).results).toEqual([])
  })
})

test('suites that read /proc are refused without it', async () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')!
  onTestFinished(() => void Object.defineProperty(process, 'platform', platform))
  Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' })
  const { status, stderr } = await bench('idle', 'slots')
  expect(stderr).toContain('idle need /proc of Linux')
  expect(status).toBe(2)
})

test('exits 1 on a regression, though every goal is reached', async () => {
  const before = saved('before.json', runWith(lattice(1)))
  const { status, stdout, stderr } = await bench(
    '--from',
    saved('now.json', runWith(lattice(1.2))),
    '--compare',
    before,
  )
  expect(stdout).toMatch(/lattice: scan: wasm +1\.00 ms +1\.20 ms +\+20\.0% +5\.0% +REGRESSION/)
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
})

test('named suites of a saved run are taken alone', async () => {
  const [{ timings, figures }] = runWith(lattice(2)).results
  const file = saved(
    'two.json',
    runOf([
      { suite: 'lattice', timings, figures },
      { suite: 'search', timings: [], figures: [] },
    ]),
  )
  const kept = join(folder, 'kept.json')
  expect((await bench('search', '--from', file, '--json', kept)).status).toBe(0)
  expect(JSON.parse(readFileSync(kept, 'utf8')).results).toEqual([
    { suite: 'search', timings: [], figures: [] },
  ])
  expect((await bench('fluid', '--from', file)).stderr).toContain('suite fluid is not in')
})
