/**
 * Jobs on the workers of a queue beside jobs on threads: what a job costs more, and how far a second worker helps. A
 * job is a repetition of some fifty milliseconds. Needs redis-server (apt-get install redis-server), which it starts.
 */
import { openQueue, type ReplayJobs, readWorkload } from '../../src/index.ts'
import { openLocalJobs } from '../../src/replay/local-jobs.ts'
import { freePort } from '../../test/free-port.ts'
import { CLI, start, startCommand, withProcesses } from '../live/processes.ts'
import { type Figure, grid, medianAndSpread, type SuiteResult } from '../measure.ts'

const ROUNDS = 5
const PER_ROUND = 200
const QUERIES = 9_500

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  return { suite: 'queue', timings: [], figures: await withProcesses(() => compare(print)) }
}

async function compare(print: (text: string) => void): Promise<Figure[]> {
  const workload = await readWorkload('rm2')
  const jobs = (count: number, from: number) =>
    Array.from({ length: count }, (_, k) => ({
      ...({ kind: 'largest-rate', workload, types: ['g4dn.xlarge', 'r5n.large'], counts: [1, 5] } as const),
      ...({
        policy: 'fcfs',
        service: 'sampled',
        arrivals: 'poisson',
        queries: QUERIES,
        seed: from + k,
      } as const),
    }))
  const timed = async (where: ReplayJobs, count: number, from: number) => {
    const started = performance.now()
    await where.submit(jobs(count, from)).collect()
    return performance.now() - started
  }
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  await startCommand('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--save', ''], port)
  const addWorker = () => start([CLI, 'worker', '--queue', url, '--concurrency', '1'], /takes jobs/)
  const [queue, local, single] = [
    await openQueue(url),
    await openLocalJobs({ threads: 2 }, 0),
    await openLocalJobs({ threads: 1 }, 0),
  ]
  try {
    await addWorker()
    const [one, thread, two, threads]: [number[], number[], number[], number[]] = [[], [], [], []]
    await timed(queue, 20, 0)
    await timed(single, 20, 0)
    // in turn, so that other work on the machine affects both
    for (let round = 1; round <= ROUNDS; round++) {
      thread.push(await timed(single, PER_ROUND / 2, 20_000 * round))
      one.push(await timed(queue, PER_ROUND / 2, 20_000 * round))
    }
    await addWorker()
    await timed(queue, 20, 100)
    await timed(local, 20, 100)
    for (let round = 1; round <= ROUNDS; round++) {
      threads.push(await timed(local, PER_ROUND, 1000 * round))
      two.push(await timed(queue, PER_ROUND, 1000 * round))
    }
    const foundMs = (await timed(queue, PER_ROUND, 1000)) / PER_ROUND
    // of a job on its worker or thread: two of them do PER_ROUND jobs, one does half as many
    const [aloneMs, oneMs, twoMs, threadMs] = [
      (2 * medianAndSpread(thread).median) / PER_ROUND,
      (2 * medianAndSpread(one).median) / PER_ROUND,
      (2 * medianAndSpread(two).median) / PER_ROUND,
      (2 * medianAndSpread(threads).median) / PER_ROUND,
    ]
    const overheads = two.map((ms, round) => (2 * (ms - threads[round])) / PER_ROUND)
    const figures: Figure[] = [
      {
        what: 'overhead of a job on two workers, against threads',
        value: medianAndSpread(overheads).median,
        unit: 'ms',
        goal: { atMost: 3 },
      },
      { what: 'efficiency of one worker against one thread', value: (100 * aloneMs) / oneMs, unit: '%' },
      { what: 'efficiency of two threads against one', value: (100 * aloneMs) / threadMs, unit: '%' },
      { what: 'efficiency of two workers against one', value: (100 * oneMs) / twoMs, unit: '%' },
      { what: 'a job that is found', value: foundMs, unit: 'ms' },
    ]
    const rows = [
      ['', 'jobs', 'a job, and the worker or thread that it takes'],
      ['two threads (piscina)', `${ROUNDS} x ${PER_ROUND}`, `${threadMs.toFixed(2)} ms`],
      ['two workers', `${ROUNDS} x ${PER_ROUND}`, `${twoMs.toFixed(2)} ms`],
      ['one thread (piscina)', `${ROUNDS} x ${PER_ROUND / 2}`, `${aloneMs.toFixed(2)} ms`],
      ['one worker', `${ROUNDS} x ${PER_ROUND / 2}`, `${oneMs.toFixed(2)} ms`],
    ]
    print(`jobs of fcfs on 1 g4dn.xlarge and 5 r5n.large, ${QUERIES} queries\n${grid(rows)}`)
    return figures
  } finally {
    await Promise.all([queue.close(), local.close(), single.close()])
  }
}
