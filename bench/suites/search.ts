/** Branch and bound: the best 20 of 21^10 configurations on two threads, with the nodes of the proof. */

import { searchSpace } from '../../src/allocate/select/search-space.ts'
import { selectSetting } from '../../src/allocate/select/setting.ts'
import { type Figure, type GroupedTiming, type SuiteResult, sideBySide, timingOf } from '../measure.ts'

/** Ten types from slow and cheap ($0.10) to fast and expensive ($4); the budget buys about 20 of the middle ones. */
function question(kind: number) {
  const types = 10
  const bins = 100
  const price = Float64Array.from({ length: types }, (_, t) => 0.1 * 40 ** (t / (types - 1)))
  const service = Float64Array.from({ length: types * bins }, (_, i) => {
    const t = Math.floor(i / bins)
    const start = 3 + ((t * (7 + kind)) % 5)
    const slope = (0.4 + ((t * (3 + kind)) % 4) / 8) / price[t] ** (0.7 + 0.05 * kind)
    return start + slope * ((i % bins) + 1)
  })
  return {
    lattice: { min: new Float64Array(types), size: new Float64Array(types).fill(21), price, budget: 23 },
    program: {
      probability: new Float64Array(bins).fill(1 / bins),
      service,
      violation: service.map((ms) => Math.min(1, Math.max(0, (ms - 60) / 40))),
      epsilon: 0.01,
    },
    size: 21 ** types,
    limit: 20,
    byCost: true,
  }
}

export async function run(print: (text: string) => void): Promise<SuiteResult> {
  const title = 'best 20 of 21^10 configurations, two threads'
  const timings: GroupedTiming[] = []
  let slowest = 0
  for (const kind of [0, 1, 2, 3, 4]) {
    const runs: number[] = []
    let nodes = ''
    for (let i = 0; i < 3; i++) {
      const started = performance.now()
      const { proof } = await searchSpace(question(kind), selectSetting({ kernel: 'wasm', threads: 2 }))
      runs.push(performance.now() - started)
      if (proof.gap !== 0) throw new Error('a search without a time limit has to prove its rows')
      nodes = `${proof.visited} nodes visited, ${proof.pruned} pruned`
    }
    const timing = timingOf(`space ${kind + 1}`, runs)
    print(`${timing.name}: ${nodes} in the last run`)
    slowest = Math.max(slowest, timing.medianMs)
    timings.push({ group: title, ...timing })
  }
  print(sideBySide(title, timings))
  const figures: Figure[] = [
    { what: `${title}, the slowest of five`, value: slowest / 1000, unit: 's', goal: { atMost: 5 } },
  ]
  return { suite: 'search', timings, figures }
}
