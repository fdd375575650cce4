/** One server with four slots: the share inside QoS through the router and by direct calls. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateTrace } from '../../src/model/trace/generate-trace.ts'
import { countAnswers, openLoop } from '../live/open-loop.ts'
import { emulate, folder, route, withProcesses } from '../live/processes.ts'
import { type Figure, grid, type SuiteResult } from '../measure.ts'

const SLOTS = 4
const RATES = [10, 20, 40]
const SECONDS = 20
const QOS_MS = 350
const DEADLINE_MS = 10_000

/** A request takes 60 to 100 ms: four slots serve 55 a second. */
const TABLE = 'instance_type,batch_size,mean_ms,p0_ms,p50_ms,p99_ms,p100_ms\nany,10,72,60,70,98,100\n'

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  return withProcesses(async () => {
    await writeFile(join(folder, 'table.csv'), TABLE)
    await writeFile(join(folder, 'mix.csv'), 'batch_size,probability\n10,1\n')
    const workload = { model: 'slots', latency: 'table.csv', mix: 'mix.csv', qosMs: QOS_MS, percentile: 99 }
    await writeFile(join(folder, 'slots.json'), JSON.stringify(workload))
    const asked = ['-w', 'slots.json']
    const { servers } = await emulate('one', 'any=1', ...asked, '--slots', String(SLOTS))
    const [{ address }] = servers
    const fleet = [{ address, type: 'any', slots: SLOTS }]
    const router = await route(fleet, ...asked, '--log-level', 'error')
    const rows = [['queries a second', 'direct', 'router']]
    const figures: Figure[] = []
    for (const rate of RATES) {
      const mix = { batchSizes: Float64Array.of(10), probabilities: Float64Array.of(1) }
      const queries = rate * SECONDS
      const trace = generateTrace({ arrivals: 'poisson', rate, queries, seed: rate, mix })
      const inside = async (where: string) => {
        const sent = await openLoop(where, trace, DEADLINE_MS)
        return countAnswers(sent, QOS_MS).inTime / sent.length
      }
      const [direct, routed] = [await inside(address), await inside(router.address)]
      rows.push([String(rate), ...[direct, routed].map((share) => `${(100 * share).toFixed(2)}%`)])
      figures.push({
        what: `inside QoS lost to the router, one server with ${SLOTS} slots at ${rate} a second`,
        value: 100 * (direct - routed),
        unit: 'points',
        goal: { atMost: 1 },
      })
    }
    print(`one server with ${SLOTS} slots, share inside ${QOS_MS} ms\n${grid(rows)}`)
    return { suite: 'slots', timings: [], figures }
  })
}
