import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { shippedPath } from '../../src/files/io/shipped.ts'
import { eventsTo } from '../../src/serve/router/events.ts'
import { addGauges, METRICS_BY, type MetricsBy } from '../../src/serve/router/gauges.ts'
import { createMetrics } from '../../src/serve/router/metrics.ts'
import { startPool } from '../serve/router/virtual.ts'

interface Target {
  readonly expr: string
  readonly legendFormat: string
}

const dashboard = JSON.parse(readFileSync(shippedPath('dashboards/kairos-route.json'), 'utf8'))
const targets: Target[] = dashboard.panels.flatMap((panel: { targets: Target[] }) => panel.targets)

/** The metrics of a router with three servers, one of them out. */
async function metricsOf(by: MetricsBy) {
  const metrics = createMetrics()
  const counted = eventsTo(metrics.listener('small'))
  counted.decided(0.1, 1)
  const { pool, servers, runUntil } = await startPool([
    { address: 'a:1', type: 'fast' },
    { address: 'b:1', type: 'slow' },
    { address: 'c:1', type: 'slow' },
  ])
  servers.get('c:1')!.mode = 'dead'
  await runUntil(5_000)
  counted.batched?.(2, 20)
  counted.answered({
    batch: 1,
    waitedMs: 1,
    latencyMs: 2,
    late: false,
    address: 'a:1',
    type: 'fast',
    serviceMs: 1,
    attempts: 1,
  })
  addGauges(metrics.registry, by, [pool], {
    connections: () => 1,
    heldBytes: () => 0,
    expirySeconds: () => new Map([['tls-cert', 1e9]]),
  })
  return metrics.registry
}

/** A time series: its name and its labels. */
type Series = Readonly<Record<string, string>>

/**
 * The time series that Prometheus makes of metrics in text: labels that it sets itself are renamed to `exported_*`, and
 * it adds the job and the address of the router.
 */
function scraped(text: string): Series[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? []
    if (name === undefined) return []
    const own = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => {
      return [label === 'instance' || label === 'job' ? `exported_${label}` : label, value]
    })
    return [{ ...Object.fromEntries(own), __name__: name, instance: 'router:8002', job: 'kairos' }]
  })
}

/** The legend of each series in the answer to a query: one per combination of the labels that it keeps. */
function legendsOf({ expr, legendFormat }: Target, all: readonly Series[]): string[] {
  const [name] = /kairos_\w+/.exec(expr)!
  const kept =
    /by \(([^)]*)\)/.exec(expr)?.[1].split(', ') ?? (/^(sum|histogram_quantile)/.test(expr) ? [] : undefined)
  const answers = new Map<string, Series>()
  for (const series of all.filter((one) => one.__name__ === name)) {
    const labels = Object.entries(series).filter(
      ([label]) => label !== 'le' && (kept?.includes(label) ?? true),
    )
    answers.set(JSON.stringify(labels), Object.fromEntries(labels))
  }
  return Array.from(answers.values(), (series) =>
    legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => series[label] ?? '').trim(),
  )
}

describe.each(METRICS_BY)('the dashboard with metrics by %s, scraped by Prometheus', (by) => {
  test('tells every series of a panel from the others, and none is named as the router', async () => {
    const all = scraped(await (await metricsOf(by)).metrics())
    for (const target of targets) {
      const legends = legendsOf(target, all)
      expect(legends, target.expr).not.toEqual([])
      expect(new Set(legends).size, `${target.expr}: ${legends}`).toBe(legends.length)
      for (const legend of legends) expect(legend, target.expr).not.toMatch(/router:8002|^$/)
    }
  })
})

test('a server has series of its own only where that is asked for', async () => {
  const text = async (by: MetricsBy) => (await metricsOf(by)).metrics()
  expect(await text('type')).not.toMatch(/[abc]:1/)
  const byServer = await text('server')
  expect(byServer).toContain('kairos_server_up{model="small",type="slow",server="c:1"} 0\n')
  expect(byServer).toContain('kairos_server_up{model="small",type="slow",server="b:1"} 1\n')
  expect(byServer).toContain('kairos_servers{model="small",type="slow",state="up"} 1\n')
})

test('the dashboard asks for metrics that there are, and for nearly all of them', async () => {
  const asked = new Set(
    targets.flatMap(({ expr }) =>
      [...expr.matchAll(/kairos_\w+/g)].map(([name]) => name.replace(/_bucket$/, '')),
    ),
  )
  const names = (await (await metricsOf('type')).getMetricsAsJSON()).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining([...asked]))
  const ours = names.filter((name) => name.startsWith('kairos_'))
  expect(ours.filter((name) => !asked.has(name))).toEqual([
    'kairos_decisions_total',
    'kairos_started_total',
    'kairos_joins_total',
  ])
})

test('every panel says what it shows', () => {
  for (const { title, description } of dashboard.panels) expect(description, title).toMatch(/^[A-Z].{20,}\.$/)
})

test('alerts ask for series that there are, and name labels that they keep', async () => {
  const all = scraped(await (await metricsOf('type')).metrics())
  const [{ rules }] = parse(readFileSync(shippedPath('alerts/kairos-route.yaml'), 'utf8')).groups
  expect(rules).toHaveLength(10)
  const expressions = rules.map(({ expr }: { expr: string }) => expr)
  // without a router no other alert has series
  expect(expressions).toContain('absent(kairos_connections)')
  // a server that never starts is not one that was taken out
  for (const state of ['starting', 'ejected'])
    expect(expressions).toContainEqual(expect.stringContaining(`kairos_servers{state="${state}"}`))
  for (const { alert, expr, annotations } of rules) {
    const names: string[] = expr.match(/(kairos|nodejs)_\w+/g)
    for (const name of names) {
      const found = all.filter((series) => series.__name__ === name)
      expect(found, `${alert}: ${name}`).not.toEqual([])
      const [, state] = /state="(\w+)"/.exec(expr) ?? []
      if (state !== undefined) expect(found.map((series) => series.state)).toContain(state)
    }
    const kept = /by \(([^)]*)\)/.exec(expr)?.[1].split(', ') ?? ['instance', 'job']
    for (const label of kept)
      expect(Object.keys(all.find(({ __name__ }) => __name__ === names[0])!)).toContain(label)
    const texts = `${annotations.summary} ${annotations.description}`
    for (const [, label] of texts.matchAll(/\$labels\.(\w+)/g)) expect(kept, alert).toContain(label)
  }
})
