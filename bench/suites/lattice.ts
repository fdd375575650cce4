/**
 * The lattice kernels against their fallback, a very large space on one thread and on two, and cases in which neither
 * Wasm nor threads pay off.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rankConfigurations } from '../../src/allocate/rank.ts'
import { selectBest } from '../../src/allocate/select/enumerate.ts'
import { selectSetting } from '../../src/allocate/select/setting.ts'
import { readSpace, readWorkload } from '../../src/index.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import { openPool } from '../../src/workers/pool.ts'
import {
  type Figure,
  type GroupedTiming,
  over,
  ROUNDS,
  type Runner,
  type SuiteResult,
  sideBySide,
  timeAll,
  timingOf,
} from '../measure.ts'
import { boxOf, closedFormOf, latticeOfBox } from '../spaces.ts'

const wasm = loadKernel('wasm')
const fallback = loadKernel('fallback')

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const timings: GroupedTiming[] = []
  const figures: Figure[] = []
  const group = async (title: string, runners: readonly Runner[], seconds?: number) => {
    const timed = await timeAll(runners, seconds)
    print(sideBySide(title, timed))
    timings.push(...timed.map((timing) => ({ group: title, ...timing })))
    return timed
  }

  const two = { lattice: latticeOfBox([20, 20, 50, 100]), closedForm: closedFormOf(4), from: 0, to: 2e6 }
  const scanned = wasm.scanLattice(two)
  if (
    !scanned.every(
      (bound, i) => i % 1009 !== 0 || bound === fallback.scanLattice({ ...two, from: i, to: i + 1 })[0],
    )
  ) {
    throw new Error('the scan of the kernel is not the scan of the fallback')
  }
  const [ours, theirs] = await group('scan of 2 million configurations, bounds written', [
    { name: 'wasm', run: () => wasm.scanLattice(two) },
    { name: 'fallback', reference: true, run: () => fallback.scanLattice(two) },
  ])
  figures.push(over('scan: wasm over fallback', theirs, ours, 4), {
    what: 'scan: wasm',
    value: 2000 / ours.medianMs,
    unit: 'million/s',
  })

  const sizes = new Array<number>(9).fill(10)
  const billion = {
    lattice: latticeOfBox(sizes),
    closedForm: closedFormOf(9),
    from: 0,
    to: 1e9,
    limit: 20,
    byCost: true,
  }
  const title = 'top 20 of 10^9 configurations, 9 types'
  const runs: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++) {
    for (const threads of [1, 2]) {
      const started = performance.now()
      await selectBest({ name: 'selectLattice', input: billion }, selectSetting({ kernel: 'wasm', threads }))
      runs[threads - 1].push(performance.now() - started)
    }
  }
  const [one, pair] = [timingOf('1 threads', runs[0]), timingOf('2 threads', runs[1])]
  timings.push({ group: title, ...one }, { group: title, ...pair })
  print(sideBySide(title, [pair, one]))
  const memory = await peakMemory(sizes)
  figures.push(
    { what: 'top 20 of 10^9, one thread', value: one.medianMs / 1000, unit: 's', goal: { atMost: 2 } },
    over('top 20 of 10^9, two threads over one', one, pair, 1.8),
    {
      what: 'top 20 of 10^9, resident memory of a process of its own',
      value: memory,
      unit: 'MB',
      goal: { atMost: 150 },
    },
  )

  const [workload, space] = await Promise.all([readWorkload('rm2'), readSpace('hpdc23')])
  const rank = (kernel: 'wasm' | 'fallback') =>
    rankConfigurations({ workload, space, bound: 'closed-form', kernel, topN: 331 })
  await group('where Wasm does not pay: the published space, 12,096 configurations, all 331 rows', [
    { name: 'wasm', run: () => rank('wasm') },
    { name: 'fallback', reference: true, run: () => rank('fallback') },
    { name: 'printing them as JSON', run: () => rank('wasm').then((ranking) => JSON.stringify(ranking)) },
  ])
  await group('where a pool does not pay: starting and ending one', [
    { name: 'pool of 2', run: () => startAndEnd(2) },
  ])
  return { suite: 'lattice', timings, figures }
}

async function startAndEnd(threads: number): Promise<void> {
  const pool = await openPool(threads, 'wasm')
  await pool.run('scanLattice', { lattice: latticeOfBox([2]), closedForm: closedFormOf(1), from: 0, to: 2 })
  await pool.close()
}

/** The memory of a separate process for the top 20 of a box on one thread, MB. */
async function peakMemory(sizes: readonly number[]): Promise<number> {
  const program = `
    import { readFileSync } from 'node:fs'
    import { rankConfigurations, } from 'kairos-wasm'
    const space = ${JSON.stringify(boxOf(sizes))}
    const auxiliary = { cutoff: 100, smallShare: 0.9, timeShare: 0.8, rates: new Map([[100, 7]]) }
    const profile = new Map(space.types.map(({ name }, t) => [name, t === 0 ? { qps: 15 } : { qps: 7, auxiliary }]))
    await rankConfigurations({ workload: { model: 'box' }, space, profile, bound: 'closed-form', threads: 1 })
    const status = readFileSync('/proc/self/status', 'utf8')
    console.log(Number(/VmHWM:[^0-9]+([0-9]+)/.exec(status)[1]) / 1024)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  })
  return Number(stdout)
}
