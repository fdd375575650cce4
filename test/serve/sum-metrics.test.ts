import { expect, test } from 'vitest'
import { createMetricsSum, sumMetrics } from '../../src/serve/sum-metrics.ts'

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

test('of the expiry of a certificate the smallest counts', () => {
  const expiry = (seconds: number) =>
    `# TYPE kairos_certificate_expiry_timestamp_seconds gauge
kairos_certificate_expiry_timestamp_seconds{certificate="tls-cert"} ${seconds}
`
  expect(sumMetrics([expiry(9e9), expiry(7e9), expiry(8e9)])).toBe(expiry(7e9))
})

test('of a version, of delays and of states the largest counts', () => {
  const gauges = (version: number, lag: number) =>
    `# TYPE nodejs_version_info gauge
nodejs_version_info{version="v20"} ${version}
# TYPE nodejs_eventloop_lag_p99_seconds gauge
nodejs_eventloop_lag_p99_seconds ${lag}
`
  const states = (value: number) =>
    ['refusing', 'server_up', 'slowdown']
      .map((name) => `# TYPE kairos_${name} gauge\nkairos_${name}{model="m"} ${value}\n`)
      .join('')
  expect(sumMetrics([states(1), states(1), states(0)])).toBe(states(1))
  expect(sumMetrics([gauges(1, 0.01), gauges(1, 0.03)])).toBe(gauges(1, 0.03))
})

test('counters of processes that end or do not answer stay in the sum, and their gauges do not', () => {
  const metrics = (count: number) => `# HELP kairos_answers_total Requests.
# TYPE kairos_answers_total counter
kairos_answers_total{model="m"} ${count}
# HELP kairos_up Servers.
# TYPE kairos_up gauge
kairos_up{type="g"} ${count}
# HELP kairos_wait_seconds Wait.
# TYPE kairos_wait_seconds histogram
kairos_wait_seconds_bucket{le="+Inf"} ${count}
kairos_wait_seconds_sum ${count}
`
  const valuesOf = (text: string) => text.match(/ [\d.]+$/gm)?.map(Number)
  const sum = createMetricsSum()
  const of = (...counts: (number | undefined)[]) => {
    return valuesOf(sum.of(counts.map((count) => (count === undefined ? undefined : metrics(count)))))
  }
  expect(of(5, 7)).toEqual([12, 12, 12, 12])
  expect(of(6, undefined)).toEqual([13, 6, 13, 13])
  sum.end(1)
  expect(of(6, undefined)).toEqual([13, 6, 13, 13])
  expect(of(6, 1)).toEqual([14, 7, 14, 14])
  sum.end(1)
  sum.end(1)
  expect(of(6, undefined)).toEqual([14, 6, 14, 14])
  expect(of(undefined, undefined)).toEqual([14, 14, 14])
})

test('the end of a process does not lower a sum by rounding', () => {
  const metrics = (seconds: number) => `# HELP s_total S.\n# TYPE s_total counter\ns_total ${seconds}\n`
  const sum = createMetricsSum()
  const before = sum.of([metrics(0.1), metrics(0.2), metrics(0.3)])
  expect(before).toBe(metrics(0.1 + 0.2 + 0.3))
  for (const process of [0, 1, 2]) {
    sum.end(process)
    expect(sum.of([undefined, undefined, undefined])).toBe(before)
  }
})

test('an older scrape that ends later lowers no counter', () => {
  const metrics = (count: number) =>
    `# HELP a_total A.\n# TYPE a_total counter\na_total ${count}\n# HELP up U.\n# TYPE up gauge\nup ${count}\n`
  const sum = createMetricsSum()
  expect(sum.of([metrics(7)])).toBe(metrics(7))
  expect(sum.of([metrics(5)])).toBe(metrics(7).replace('up 7', 'up 5'))
  expect(sum.of([undefined])).toContain('a_total 7')
})
