import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { UNREAD_REASONS, type UnreadReason } from '../grpc/buffered-bytes.ts'
import { HANDSHAKE_FAILURES, type HandshakeReason } from '../grpc/handshake-failure.ts'
import { EJECTION_REASONS, type PoolListener, REFUSAL_REASONS } from './events.ts'

/** Decisions take microseconds, requests milliseconds to seconds. */
const DECISION_SECONDS = [1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2]
const LATENCY_SECONDS = [
  0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 5, 10,
]

/** Requests of a batch, at most 65, and its items. */
const BATCH_REQUESTS = [1, 2, 4, 8, 16, 32, 64]
const BATCH_ITEMS = [1, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

/** Metrics by the conventions of Prometheus: names kairos_*, base units. */
export function createMetrics() {
  const registry = new Registry()
  // memory, processor and event loop of the process, by their usual names
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `kairos_${name}_total`, help, labelNames, registers })
  const sizes = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    new Histogram({ name: `kairos_${name}`, help, labelNames, buckets, registers })
  const histogram = (name: string, help: string, labelNames: string[], buckets: number[]) =>
    sizes(`${name}_seconds`, help, labelNames, buckets)

  const decisions = counter('decisions', 'Decisions of the dispatcher.', ['model'])
  const started = counter('started', 'Requests that decisions have started.', ['model'])
  const answers = counter('answers', 'Requests that were answered.', ['model'])
  const violations = counter('violations', 'Answers later than the target.', ['model'])
  const refusals = counter('refusals', 'Requests that were refused, by reason.', ['model', 'reason'])
  const unknown = counter('unknown_model_requests', 'Requests for an unknown model.', [])
  const malformed = counter('malformed_requests', 'Requests that are no message of their protocol.', [])
  const unread = counter('unread_requests', 'Requests that were refused unread, by reason.', ['reason'])
  for (const reason of UNREAD_REASONS) fromZero(unread, reason)
  const closed = counter(
    'closed_connections',
    'Connections of clients that were closed for the bytes that they held.',
    [],
  )
  const replaced = counter(
    'replaced_connections',
    'Connections of clients that were closed for new ones beyond --max-connections.',
    [],
  )
  const handshakes = counter(
    'failed_handshakes',
    'Connections of clients without an agreement on TLS, by reason.',
    ['reason'],
  )
  for (const reason of Object.keys(HANDSHAKE_FAILURES)) fromZero(handshakes, reason)
  const abandoned = counter('abandoned', 'Requests whose client cancelled, or whose deadline passed.', [
    'model',
  ])
  const retries = counter('retries', 'Failed attempts that were followed by another one.', ['model'])
  const ejections = counter('ejections', 'Servers that were taken out, by reason.', ['model', 'reason'])
  const joins = counter('joins', 'Servers that were put in or back.', ['model'])
  const decision = histogram('decision', 'Time that a decision takes.', ['model'], DECISION_SECONDS)
  const latency = histogram('latency', 'Time from arrival to answer.', ['model'], LATENCY_SECONDS)
  const wait = histogram('wait', 'Time from arrival to the last start.', ['model'], LATENCY_SECONDS)
  const requests = sizes('batch_requests', 'Requests that start together.', ['model'], BATCH_REQUESTS)
  const items = sizes('batch_items', 'Items of requests that start together.', ['model'], BATCH_ITEMS)
  const merges = counter('merged_requests', 'Requests that were joined with others.', ['model'])
  const repeats = counter('merge_repeats', 'Joined requests that were sent again in parts.', ['model'])
  const service = histogram('service', 'Time from start to answer.', ['model', 'type'], LATENCY_SECONDS)

  return {
    registry,
    /** Counts the events of a pool. */
    listener(model: string): PoolListener {
      // labels are looked up once: a request counts with a few additions
      const counted = {
        decisions: fromZero(decisions, model),
        started: fromZero(started, model),
        answers: fromZero(answers, model),
        violations: fromZero(violations, model),
        abandoned: fromZero(abandoned, model),
        retries: fromZero(retries, model),
        joins: fromZero(joins, model),
        merges: fromZero(merges, model),
        repeats: fromZero(repeats, model),
        decision: decision.labels(model),
        latency: latency.labels(model),
        wait: wait.labels(model),
      }
      const services = new Map<string, { observe(seconds: number): void }>()
      const serviceOf = (type: string) => {
        const known = services.get(type) ?? service.labels(model, type)
        services.set(type, known)
        return known
      }
      for (const reason of REFUSAL_REASONS) fromZero(refusals, model, reason)
      for (const reason of EJECTION_REASONS) fromZero(ejections, model, reason)
      return {
        decided(ms, count) {
          counted.decisions.inc()
          counted.started.inc(count)
          counted.decision.observe(ms / 1000)
        },
        batched(count, total) {
          requests.labels(model).observe(count)
          items.labels(model).observe(total)
        },
        requestsJoined: (count) => counted.merges.inc(count),
        sentInParts: () => counted.repeats.inc(),
        answered({ waitedMs, latencyMs, serviceMs, late, type }) {
          counted.answers.inc()
          counted.latency.observe(latencyMs / 1000)
          counted.wait.observe(waitedMs / 1000)
          serviceOf(type).observe(serviceMs / 1000)
          if (late) counted.violations.inc()
        },
        refused: (reason) => refusals.labels(model, reason).inc(),
        abandoned: () => counted.abandoned.inc(),
        retried: () => counted.retries.inc(),
        serverUp: () => counted.joins.inc(),
        ejected: (_address, reason) => ejections.labels(model, reason).inc(),
      }
    },
    unknownModel: () => unknown.inc(),
    malformed: () => malformed.inc(),
    unread: (reason: UnreadReason) => unread.labels(reason).inc(),
    closedForBytes: () => closed.inc(),
    replacedConnection: () => replaced.inc(),
    failedHandshake: (reason: HandshakeReason) => handshakes.labels(reason).inc(),
  }
}

/** A counter that is shown before its first event, so that a rate includes that event. */
function fromZero(counter: Counter, ...labels: string[]) {
  const child = counter.labels(...labels)
  child.inc(0)
  return child
}
