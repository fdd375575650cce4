/**
 * A run as trace events, which Perfetto (ui.perfetto.dev) and chrome://tracing open. The format is "Trace Event Format"
 * of the Chromium project: an object with `traceEvents`; times in microseconds; phase X is a span with `dur`, s and f
 * are the ends of a flow arrow (f with `bp: "e"` ends at the span that encloses it), M is metadata such as
 * `thread_name`, and C is a counter.
 *
 * Process 1 has a row for each instance, with the queries that it served as spans, inside the span of their batch if
 * there are several. Process 2 has the arrivals: a short span for each query, from which an arrow leads to its start,
 * and the number of waiting queries.
 */
import type { ServedTrace } from '../../model/results/replay.ts'

const INSTANCES = 1
const ARRIVALS = 2

/** The length of the span of an arrival, microseconds: an arrow begins inside a span. */
const ARRIVAL_US = 1

/** Queries whose events are written at once. */
const QUERIES_A_PIECE = 4096

/** The file in pieces. */
export function* chromeTrace(run: ServedTrace): Generator<string> {
  const { types, instanceType, policy, model, arrivalMs } = run
  yield '{"displayTimeUnit":"ms","traceEvents":[\n'
  const rows = Array.from(instanceType, (type, instance) => {
    return metadata(INSTANCES, instance + 1, 'thread_name', { name: `${types[type]} #${instance}` })
  })
  const sorted = Array.from(instanceType, (_, instance) => {
    return metadata(INSTANCES, instance + 1, 'thread_sort_index', { sort_index: instance })
  })
  yield [
    metadata(INSTANCES, 0, 'process_name', { name: `${model}: instances under ${policy}` }),
    metadata(INSTANCES, 0, 'process_sort_index', { sort_index: 2 }),
    metadata(ARRIVALS, 0, 'process_name', { name: `${model}: arrivals` }),
    metadata(ARRIVALS, 0, 'process_sort_index', { sort_index: 1 }),
    metadata(ARRIVALS, 1, 'thread_name', { name: 'arrivals' }),
    ...rows,
    ...sorted,
  ]
    .map((event) => JSON.stringify(event))
    .join(',\n')
  const batches = sharedBatches(run)
  for (let from = 0; from < arrivalMs.length; from += QUERIES_A_PIECE) {
    const to = Math.min(from + QUERIES_A_PIECE, arrivalMs.length)
    let text = ''
    for (let query = from; query < to; query++) {
      const shared = batches.get(run.batch?.[query] ?? -1)
      if (shared?.first === query) text += `,\n${JSON.stringify(batchSpan(run, shared))}`
      for (const event of eventsOf(run, query)) text += `,\n${JSON.stringify(event)}`
    }
    yield text
  }
  let text = ''
  for (const event of waiting(run)) text += `,\n${JSON.stringify(event)}`
  yield `${text}\n]}\n`
}

function metadata(pid: number, tid: number, name: string, args: object) {
  return { ph: 'M', pid, tid, ts: 0, name, args }
}

const toUs = (ms: number) => Math.round(1e6 * ms) / 1e3

/** A batch of several queries. */
interface SharedBatch {
  readonly first: number
  queries: number
  items: number
  finishMs: number
}

/** The batches of several queries, by number. */
function sharedBatches({ batch, batchSize, finishMs }: ServedTrace): Map<number, SharedBatch> {
  const found = new Map<number, SharedBatch>()
  for (const [query, number] of batch?.entries() ?? []) {
    const one = found.get(number) ?? { first: query, queries: 0, items: 0, finishMs: 0 }
    found.set(number, one)
    one.queries++
    one.items += batchSize[query]
    one.finishMs = Math.max(one.finishMs, finishMs[query])
  }
  for (const [number, { queries }] of found) if (queries === 1) found.delete(number)
  return found
}

function batchSpan({ instance, startMs, batch }: ServedTrace, shared: SharedBatch): object {
  const { first, queries, items, finishMs } = shared
  const ts = toUs(startMs[first])
  const name = `${queries} queries: ${items} items`
  const args = { batch: batch![first], queries, items }
  return {
    ph: 'X',
    pid: INSTANCES,
    tid: instance[first] + 1,
    ts,
    dur: toUs(finishMs) - ts,
    cat: 'batch',
    name,
    args,
  }
}

function eventsOf(run: ServedTrace, query: number): object[] {
  const { arrivalMs, startMs, finishMs, latencyMs, batchSize, instance, qosMs } = run
  const [arrivalUs, startUs] = [toUs(arrivalMs[query]), toUs(startMs[query])]
  const late = latencyMs[query] > qosMs
  const row = { pid: INSTANCES, tid: instance[query] + 1 }
  const flow = { cat: 'queue', name: 'waits', id: query + 1 }
  const args = {
    query,
    batch_size: batchSize[query],
    wait_ms: startMs[query] - arrivalMs[query],
    latency_ms: latencyMs[query],
    deadline_ms: arrivalMs[query] + qosMs,
    ...(run.batch && { batch: run.batch[query] }),
  }
  const arrival = { ph: 'X', pid: ARRIVALS, tid: 1, ts: arrivalUs, dur: ARRIVAL_US, cat: 'arrival' }
  const span = {
    ph: 'X',
    ...row,
    ts: startUs,
    dur: toUs(finishMs[query]) - startUs,
    cat: late ? 'late' : 'in time',
  }
  return [
    { ...arrival, name: `query ${query}`, args: { batch_size: batchSize[query] } },
    { ...span, name: `${late ? 'late: ' : ''}batch ${batchSize[query]}`, args },
    { ph: 's', pid: ARRIVALS, tid: 1, ts: arrivalUs, ...flow },
    { ph: 'f', bp: 'e', ...row, ts: startUs, ...flow },
  ]
}

/** The number of waiting queries whenever it changes. */
function* waiting({ arrivalMs, startMs }: ServedTrace): Generator<object> {
  const starts = startMs.slice().sort()
  let [arrived, started] = [0, 0]
  while (started < starts.length) {
    const at = arrived < arrivalMs.length ? Math.min(arrivalMs[arrived], starts[started]) : starts[started]
    while (arrived < arrivalMs.length && arrivalMs[arrived] <= at) arrived++
    while (started < starts.length && starts[started] <= at) started++
    const args = { queries: arrived - started }
    yield { ph: 'C', pid: ARRIVALS, tid: 0, ts: toUs(at), name: 'waiting', args }
  }
}
