import { expect, test } from 'vitest'
import { sumMetrics } from '../../src/serve/sum-metrics.ts'

const text = (answers: number, server: string, start: number) => `# HELP kairos_answers_total Requests.
# TYPE kairos_answers_total counter
kairos_answers_total{model="m"} ${answers}

# HELP kairos_up Whether a server can serve.
# TYPE kairos_up gauge
kairos_up{server="${server}"} 1
# HELP process_start_time_seconds Start.
# TYPE process_start_time_seconds gauge
process_start_time_seconds ${start}
`

test('equal series are summed, others stay, and each metric is one group', () => {
  expect(sumMetrics([text(3, 'a:1', 10), text(4, 'b:1', 12)])).toBe(`# HELP kairos_answers_total Requests.
# TYPE kairos_answers_total counter
kairos_answers_total{model="m"} 7
# HELP kairos_up Whether a server can serve.
# TYPE kairos_up gauge
kairos_up{server="a:1"} 1
kairos_up{server="b:1"} 1
# HELP process_start_time_seconds Start.
# TYPE process_start_time_seconds gauge
process_start_time_seconds 12
`)
  expect(sumMetrics([])).toBe('')
})

test('of a version and of delays the largest counts', () => {
  const gauges = (version: number, lag: number) =>
    `# TYPE nodejs_version_info gauge
nodejs_version_info{version="v20"} ${version}
# TYPE nodejs_eventloop_lag_p99_seconds gauge
nodejs_eventloop_lag_p99_seconds ${lag}
`
  expect(sumMetrics([gauges(1, 0.01), gauges(1, 0.03)])).toBe(gauges(1, 0.03))
})
