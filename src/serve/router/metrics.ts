import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { EJECTION_REASONS, type PoolEvents, REFUSAL_REASONS } from './events.ts'
import { addGauges, type MetricsBy } from './gauges.ts'
import type { Pool } from './pool.ts'
import { type Distribution, tallyCounter, tallyHistogram } from './tallies.ts'

/** Decisions take microseconds, requests milliseconds to seconds. */
const DECISION_SECONDS = [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2]
const LATENCY_SECONDS = [
  0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 5, 10,
]

/** Requests of a batch, at most 65, and its items. */
const BATCH_REQUESTS = [1, 2, 4, 8, 16, 32, 64]
const BATCH_ITEMS = [1, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

export interface RouterMetrics {
  readonly registry: Registry
  /** The events of a pool, counted. */
  events(model: string): PoolEvents
  /** Counts a request for an unknown model. */
  unknownModel(): void
  /** Adds gauges, which are read from the pools whenever the metrics are. */
  watch(pools: () => Iterable<Pool>, connections: () => number): void
}

/**
 * Metrics by the conventions of Prometheus: names kairos_*, base units.
 *
 * @param by whether each server has time series of its own
 */
export function createMetrics(by: MetricsBy = 'type'): RouterMetrics {
  const registry = new Registry()
  // memory, processor and event loop of the process, by their usual names
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `kairos_${name}_total`, help, labelNames, registers })
  const sizes = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name: `kairos_${name}`, help, labelNames, buckets, registers })
  const tally = (name: string, help: string) =>
    tallyCounter(registry, `kairos_${name}_total`, help, ['model'])
  const histogram = (name: string, help: string, bounds: readonly number[]) =>
    tallyHistogram(registry, `kairos_${name}_seconds`, help, bounds)

  const decisions = tally('decisions', 'Decisions of the dispatcher.')
  const started = tally('started', 'Requests that decisions have started.')
  const answers = tally('answers', 'Requests that were answered.')
  const violations = tally('violations', 'Answers later than the target.')
  const refusals = counter('refusals', 'Requests that were refused, by reason.', ['model', 'reason'])
  const unknown = counter('unknown_model_requests', 'Requests for an unknown model.', [])
  const abandoned = counter('abandoned', 'Requests whose client cancelled, or whose deadline passed.', [
    'model',
  ])
  const retries = counter('retries', 'Failed attempts that were followed by another one.', ['model'])
  const ejections = counter('ejections', 'Servers that were taken out, by reason.', ['model', 'reason'])
  const joins = counter('joins', 'Servers that were put in or back.', ['model'])
  const decision = histogram('decision', 'Time that a decision takes.', DECISION_SECONDS)
  const latency = histogram('latency', 'Time from arrival to answer.', LATENCY_SECONDS)
  const wait = histogram('wait', 'Time from arrival to the last start.', LATENCY_SECONDS)
  const requests = sizes('batch_requests', 'Requests that start together.', ['model'], BATCH_REQUESTS)
  const items = sizes('batch_items', 'Items of requests that start together.', ['model'], BATCH_ITEMS)
  const merges = counter('merged_requests', 'Requests that were joined with others.', ['model'])
  const repeats = counter('merge_repeats', 'Joined requests that were sent again in parts.', ['model'])
  const service = histogram('service', 'Time from start to answer.', LATENCY_SECONDS)

  return {
    registry,
    events(model) {
      const labels = { model }
      const of = {
        decisions: decisions(labels),
        started: started(labels),
        answers: answers(labels),
        violations: violations(labels),
        abandoned: abandoned.labels(model),
        retries: retries.labels(model),
        joins: joins.labels(model),
        decision: decision(labels),
        latency: latency(labels),
        wait: wait(labels),
      }
      const services = new Map<string, Distribution>()
      const serviceOf = (type: string) => {
        const known = services.get(type)
        if (known !== undefined) return known
        const added = service({ model, type })
        services.set(type, added)
        return added
      }
      // counters start at 0, so that a rate includes the first event
      for (const reason of REFUSAL_REASONS) refusals.labels(model, reason).inc(0)
      for (const reason of EJECTION_REASONS) ejections.labels(model, reason).inc(0)
      for (const known of [of.abandoned, of.retries, of.joins]) known.inc(0)
      for (const known of [merges, repeats]) known.labels(model).inc(0)
      return {
        decided(ms, count) {
          of.decisions.count++
          of.started.count += count
          of.decision.add(ms / 1000)
        },
        batched(count, total) {
          requests.labels(model).observe(count)
          items.labels(model).observe(total)
        },
        merged: (count) => merges.labels(model).inc(count),
        repeated: () => repeats.labels(model).inc(),
        answered({ waitedMs, latencyMs, serviceMs, late, type }) {
          of.answers.count++
          of.latency.add(latencyMs / 1000)
          of.wait.add(waitedMs / 1000)
          serviceOf(type).add(serviceMs / 1000)
          if (late) of.violations.count++
        },
        refused: (reason) => refusals.labels(model, reason).inc(),
        abandoned: () => of.abandoned.inc(),
        retried: () => of.retries.inc(),
        joined: () => of.joins.inc(),
        ejected: (_address, reason) => ejections.labels(model, reason).inc(),
        awaited: () => undefined,
        left: () => undefined,
      }
    },
    unknownModel: () => unknown.inc(),
    watch: (pools, connections) => addGauges(registry, by, pools, connections),
  }
}
