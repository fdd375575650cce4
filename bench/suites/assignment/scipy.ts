/** scipy's linear_sum_assignment on the same matrices. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AssignmentProblem } from '../../../src/kernel/dispatch-contract.ts'
import type { Timing } from '../../measure.ts'
import { withFolder } from '../../temporary-folder.ts'

// the matrix is solved repeatedly for a while; the fastest and the quartiles are kept
const PROGRAM = `
import sys, time
import numpy
from scipy.optimize import linear_sum_assignment
path, rows, cols, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
cost = numpy.fromfile(path + '.in').reshape(rows, cols)
pairs = linear_sum_assignment(cost)
numpy.concatenate(pairs).astype('int32').tofile(path + '.out')
times, end = [], time.perf_counter() + seconds
while len(times) < 3 or time.perf_counter() < end:
    started = time.perf_counter()
    linear_sum_assignment(cost)
    times.append(time.perf_counter() - started)
times.sort()
n = len(times)
print(times[0], times[n // 4], times[n // 2], times[3 * n // 4], n)
`

export interface ScipyAnswer {
  readonly timing: Timing
  readonly rows: Int32Array
  readonly cols: Int32Array
}

const NEEDED = 'apt-get install python3-scipy'

/** Whether Python and scipy are installed; if not, the way to install them is printed. */
export function hasScipy(print: (text: string) => void): boolean {
  const { status } = spawnSync('python3', ['-c', 'import numpy, scipy.optimize'], { stdio: 'ignore' })
  if (status !== 0) print(`scipy is not installed, and not compared: ${NEEDED}\n`)
  return status === 0
}

export function askScipy({ cost, rows, cols }: AssignmentProblem, seconds: number): Promise<ScipyAnswer> {
  return withFolder((folder) => {
    const path = join(folder, 'matrix')
    writeFileSync(`${path}.in`, new Uint8Array(cost.buffer, cost.byteOffset, cost.byteLength))
    const args = ['-c', PROGRAM, path, String(rows), String(cols), String(seconds)]
    const printed = execFileSync('python3', args, { encoding: 'utf8' })
    const [min, lower, median, upper, samples] = printed.split(' ').map(Number)
    const out = readFileSync(`${path}.out`)
    const pairs = Math.min(rows, cols)
    const numbers = Int32Array.from({ length: 2 * pairs }, (_, i) => out.readInt32LE(4 * i))
    return {
      timing: {
        name: 'scipy',
        reference: true,
        minMs: 1000 * min,
        medianMs: 1000 * median,
        spread: (upper - lower) / median,
        samples,
      },
      rows: numbers.subarray(0, pairs),
      cols: numbers.subarray(pairs),
    }
  })
}
