/** The processor time of a router without requests, whose servers are checked. */

import { cpuMs, emulate, route, withProcesses } from '../live/processes.ts'
import { type Figure, grid, type SuiteResult } from '../measure.ts'

const SERVERS = [10, 100, 500]

/** Checks are spread after this time; then the processor time is measured, ms. */
const SETTLE_MS = 8_000
const MEASURE_MS = 10_000

/** Most of a core with 500 servers, %. */
const GOAL = 3

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const rows = [['servers', '% of a core, idle']]
  const figures: Figure[] = []
  for (const servers of SERVERS) {
    const share = await withProcesses(async () => {
      const fleet = await emulate('idle', `r5n.large=${servers}`)
      const { child } = await route(fleet.servers)
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
      const before = await cpuMs(child.pid!)
      await new Promise((resolve) => setTimeout(resolve, MEASURE_MS))
      return (100 * ((await cpuMs(child.pid!)) - before)) / MEASURE_MS
    })
    rows.push([String(servers), share.toFixed(2)])
    figures.push({
      what: `processor time of an idle router with ${servers} servers`,
      value: share,
      unit: '% of a core',
      ...(servers === 500 && { goal: { atMost: GOAL } }),
    })
  }
  print(`a router without requests\n${grid(rows)}`)
  return { suite: 'idle', timings: [], figures }
}
