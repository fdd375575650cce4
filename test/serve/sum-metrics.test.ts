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
