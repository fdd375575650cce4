/**
 * The assignment kernel against its fallback, scipy, and the npm packages munkres and linear-sum-assignment:
 * on random costs, and on the decision matrices of a dispatcher whose queue is full. Every answer is compared with the
 * others before it is timed.
 */
import { linearSumAssignment } from 'linear-sum-assignment'
import { munkres } from 'munkres'
import { readWorkload } from '../../src/index.ts'
import type { AssignmentProblem } from '../../src/kernel/dispatch-contract.ts'
import { loadKernel } from '../../src/kernel/load.ts'
import {
  type Figure,
  type GroupedTiming,
  over,
  type Runner,
  type SuiteResult,
  sideBySide,
  type Timing,
  timeAll,
  timingOf,
} from '../measure.ts'
import { decisionMatrix, randomMatrix, SIZES } from './assignment/matrices.ts'
import { hasScipy, openScipy, type Scipy } from './assignment/scipy.ts'

const wasm = loadKernel('wasm')
const fallback = loadKernel('fallback')

/** A solver whose first answer takes longer than this is timed by that answer alone. */
const LONG_MS = 1000

/** Costs above which linear-sum-assignment is left out: it takes minutes. */
const MOST_FOR_LINEAR = 200_000

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const workload = await readWorkload('rm2')
  const withScipy = hasScipy(print)
  const timings: GroupedTiming[] = []
  const figures: Figure[] = []
  for (const [kind, matrix] of [
    ['random costs', randomMatrix],
    ['a full queue', (rows: number, cols: number) => decisionMatrix(workload, cols, rows)],
  ] as const) {
    for (const [rows, cols] of SIZES) {
      const group = `assignment ${rows}x${cols}, ${kind}`
      const problem = matrix(rows, cols, rows + cols)
      const scipy = withScipy ? await openScipy(problem) : undefined
      const timed = await compare(problem, scipy).finally(() => scipy?.close())
      print(sideBySide(group, timed))
      timings.push(...timed.map((timing) => ({ group, ...timing })))
      const [ours] = timed
      for (const [peer, atLeast] of [
        ['munkres', 1],
        ['linear-sum-assignment', kind === 'random costs' ? 20 : 1],
        ['scipy', 1],
      ] as const) {
        const theirs = timed.find(({ name }) => name === peer)
        if (theirs) figures.push(over(`${group}: over ${peer}`, theirs, ours, atLeast))
      }
    }
  }
  return { suite: 'assignment', timings, figures }
}

async function compare(problem: AssignmentProblem, scipy: Scipy | undefined): Promise<Timing[]> {
  const { cost, rows, cols } = problem
  const lists = Array.from({ length: rows }, (_, i) => Array.from(cost.subarray(i * cols, (i + 1) * cols)))
  const ours = wasm.assign(problem)
  const theirs = fallback.assign(problem)
  same('the fallback', [...theirs.rows, ...theirs.cols], [...ours.rows, ...ours.cols])
  if (scipy) same('scipy', [...scipy.rows, ...scipy.cols], [...ours.rows, ...ours.cols])
  const close = (name: string, total: number) => {
    if (Math.abs(total - ours.total) <= 1e-9 * Math.abs(ours.total)) return
    throw new Error(`${name} finds a total of ${total}, the kernel ${ours.total}`)
  }
  const runners = [
    { name: 'wasm', run: () => wasm.assign(problem), check: () => undefined },
    { name: 'fallback', reference: true, run: () => fallback.assign(problem), check: () => undefined },
    {
      name: 'munkres',
      reference: true,
      run: () => munkres(lists),
      check: (pairs: [number, number][]) =>
        close(
          'munkres',
          pairs.reduce((sum, [i, j]) => sum + lists[i][j], 0),
        ),
    },
    ...(cost.length > MOST_FOR_LINEAR
      ? []
      : [
          {
            name: 'linear-sum-assignment',
            reference: true,
            run: () => linearSumAssignment(lists, { maximaze: false }),
            check: ({ gain }: { gain: number }) => close('linear-sum-assignment', gain),
          },
        ]),
  ] as (Runner & { check: (answer: unknown) => void })[]
  const long = new Map<string, Timing>()
  for (const { name, run, check, reference } of runners) {
    const started = performance.now()
    const answer = run()
    const ms = performance.now() - started
    check(answer)
    if (ms > LONG_MS) long.set(name, { ...timingOf(name, [ms]), ...(reference && { reference }) })
  }
  const all = [...runners, ...(scipy ? [scipy] : [])]
  const short = await timeAll(
    all.filter(({ name }) => !long.has(name)),
    0.3,
  )
  return all.map(({ name }) => long.get(name) ?? short.find((timing) => timing.name === name)!)
}

function same(name: string, theirs: readonly number[], ours: readonly number[]): void {
  if (theirs.length === ours.length && theirs.every((value, i) => value === ours[i])) return
  throw new Error(`the assignment of the kernel is not that of ${name}`)
}
