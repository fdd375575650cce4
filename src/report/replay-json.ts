import type { ReplayResults } from './replay-result.ts'

/** One JSON document, a field of a replay a line; arrays by type are in the order of `types`. */
export function replayJson({ rows, ...common }: ReplayResults): string {
  const { model, qosMs, percentile, types, counts, service, seed, rate } = common
  const results = rows.map((row) => {
    const { policy, queries, violations, throughput, latencyMs, decisions, elapsedMs, ...more } = row
    return objectText({
      ...{ policy, queries, violations, throughput, latencyMs, decisions, elapsedMs },
      ...{ model, qosMs, percentile, types, counts, service, seed, rate },
      ...more,
    })
  })
  return `{\n  "results": [\n    ${results.join(',\n    ')}\n  ]\n}\n`
}

function objectText(value: object): string {
  const fields = Object.entries(value).flatMap(([key, field]) => {
    return field === undefined ? [] : [`      ${JSON.stringify(key)}: ${JSON.stringify(field, plain)}`]
  })
  return `{\n${fields.join(',\n')}\n    }`
}

/** A typed array would become an object. */
function plain(_key: string, value: unknown): unknown {
  return value instanceof Float64Array ? Array.from(value) : value
}
