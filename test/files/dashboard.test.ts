import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { shippedPath } from '../../src/files/io/shipped.ts'
import { createMetrics } from '../../src/serve/router/metrics.ts'

test('the Grafana dashboard asks for metrics that there are, and for nearly all of them', async () => {
  const text = readFileSync(shippedPath('dashboards/kairos-route.json'), 'utf8')
  const { panels } = JSON.parse(text)
  const asked = new Set(
    panels
      .flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr))
      .flatMap((expr: string) =>
        [...expr.matchAll(/kairos_\w+/g)].map(([name]) => name.replace(/_bucket$/, '')),
      ),
  )
  const metrics = createMetrics()
  metrics.events('m')
  metrics.watch(
    () => [],
    () => 0,
  )
  const names = (await metrics.registry.getMetricsAsJSON()).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining([...asked]))
  const ours = names.filter((name) => name.startsWith('kairos_'))
  expect(ours.filter((name) => !asked.has(name))).toEqual([
    'kairos_decisions_total',
    'kairos_started_total',
    'kairos_unknown_model_requests_total',
    'kairos_joins_total',
  ])
})
