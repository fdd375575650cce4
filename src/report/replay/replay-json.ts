import type { ReplayComparison } from '../../model/results/replay.ts'
import { withArrays } from '../json.ts'

/** One JSON document, one field of a replay per line; arrays by type are in the order of `types`. */
export function replayJson({ rows, ...common }: ReplayComparison): string {
  const { model, qosMs, percentile, batching, types, counts, slots, service, seed, rate } = common
  const results = rows.map((row) => {
    const { policy, queries, violations, throughput, latencyMs, decisions, elapsedMs, ...more } = row
    return objectText({
      ...{ policy, queries, violations, throughput, latencyMs, decisions, elapsedMs },
      ...{ model, qosMs, percentile, batching, types, counts, slots, service, seed, rate },
      ...more,
    })
  })
  return `{\n  "results": [\n    ${results.join(',\n    ')}\n  ]\n}\n`
}

function objectText(value: object): string {
  const fields = Object.entries(value).flatMap(([key, field]) => {
    return field === undefined ? [] : [`      ${JSON.stringify(key)}: ${JSON.stringify(field, withArrays)}`]
  })
  return `{\n${fields.join(',\n')}\n    }`
}
