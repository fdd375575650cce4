/** scipy's linear_sum_assignment on the same matrices, in a process of its own that takes samples when it is asked. */
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { AssignmentProblem } from '../../../src/kernel/dispatch-contract.ts'
import { BATCH, type Sampler, SHORT_MS } from '../../measure.ts'

// Reads the matrix and prints its pairs. For each line, a number of seconds, it then solves the matrix for so long, and
// prints the durations in ms. Short runs are timed in batches, as those of the other runners are.
const PROGRAM = `
import json, sys, time
import numpy
from scipy.optimize import linear_sum_assignment
rows, cols, batch, longest = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
cost = numpy.frombuffer(sys.stdin.buffer.read(8 * rows * cols)).reshape(rows, cols).copy()
print(json.dumps([side.tolist() for side in linear_sum_assignment(cost)]), flush=True)
def timed(runs):
    started = time.perf_counter()
    for _ in range(runs):
        linear_sum_assignment(cost)
    return 1000 * (time.perf_counter() - started) / runs
runs = batch if min(timed(1), timed(1)) <= longest else 1
while line := sys.stdin.buffer.readline():
    samples, end = [], time.perf_counter() + float(line)
    while not samples or time.perf_counter() < end:
        samples.append(timed(runs))
    print(json.dumps(samples), flush=True)
`

export interface Scipy extends Sampler {
  readonly rows: readonly number[]
  readonly cols: readonly number[]
  /** Ends the process. */
  close(): void
}

const NEEDED = 'apt-get install python3-scipy'

/** Whether Python and scipy are installed; if not, the way to install them is printed. */
export function hasScipy(print: (text: string) => void): boolean {
  const { status } = spawnSync('python3', ['-c', 'import numpy, scipy.optimize'], { stdio: 'ignore' })
  if (status !== 0) print(`scipy is not installed, and not compared: ${NEEDED}\n`)
  return status === 0
}

/** Starts the process and lets it solve the matrix once. */
export async function openScipy({ cost, rows, cols }: AssignmentProblem): Promise<Scipy> {
  const args = ['-c', PROGRAM, ...[rows, cols, BATCH, SHORT_MS].map(String)]
  const { stdin, stdout } = spawn('python3', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  // answer() reports a process that has ended
  stdin.on('error', () => undefined)
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const answer = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error('the process of scipy ended before it answered: its error is printed above')
    return JSON.parse(value)
  }
  stdin.write(new Uint8Array(cost.buffer, cost.byteOffset, cost.byteLength))
  const [ourRows, ourCols] = await answer()
  return {
    name: 'scipy',
    reference: true,
    rows: ourRows,
    cols: ourCols,
    sample(seconds) {
      stdin.write(`${seconds}\n`)
      return answer()
    },
    close: () => stdin.end(),
  }
}
