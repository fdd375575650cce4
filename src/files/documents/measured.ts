import { KairosError } from '../../model/errors.ts'
import type { MeasuredThroughput } from '../../model/fleet/plan.ts'
import { type Space, slotsOf, typeNames } from '../../model/fleet/space.ts'
import { largestBatchBins } from '../../model/workload/batching.ts'
import type { Workload, WorkloadSummary } from '../../model/workload/workload.ts'
import { objectOf } from '../io/json-values.ts'
import { checkDocument, type Document, type Fields, openDocument } from './document.ts'
import { checkOnePerType } from './one-per-type.ts'
import { batchingSchema } from './workload.ts'

/** The model, what was asked of its queries, and how they were batched. */
const subjectOf = (fields: Fields) => ({
  model: fields.model(),
  qosMs: fields.latencyTarget(),
  percentile: fields.positive('a percentile, such as 99'),
  batching: batchingSchema(fields).optional(),
})

/** What a count of a list is of. */
const COUNTS = 'counts in the order of the types'

const rate = ({ nonnegative }: Fields) => nonnegative('queries per second, a number >= 0')

/** What `kairos-wasm search --format json` prints, as far as measured throughputs are concerned. */
const searchSchema = (fields: Fields) => {
  const { countsByType, list, looseObject, slots, typeName } = fields
  return looseObject(
    {
      workload: looseObject(subjectOf(fields), 'the workload, an object'),
      space: looseObject(
        {
          types: list(
            looseObject(
              { name: typeName(), slots: slots('slots').optional() },
              'an instance type, an object',
            ),
            'a list of instance types',
          ),
        },
        'the space, an object',
      ),
      evaluations: list(
        looseObject(
          { counts: countsByType(COUNTS), mean: rate(fields).optional() },
          'an evaluated configuration, an object',
        ),
        'a list of evaluated configurations',
      ),
    },
    'a result of kairos-wasm search --format json',
  )
}

/** What `kairos-wasm capacity --format json` prints. The first of its policies counts. */
const capacitySchema = (fields: Fields) => {
  const { countsByType, list, looseObject, slotsByType, typeNames } = fields
  return looseObject(
    {
      ...subjectOf(fields),
      types: typeNames(),
      counts: countsByType(COUNTS),
      slots: slotsByType().optional(),
      results: list(
        looseObject({ mean: rate(fields) }, 'the throughput under a policy, an object'),
        'a list of throughputs by policy',
      ).min(1, 'a list of at least one policy'),
    },
    'a result of kairos-wasm search or kairos-wasm capacity, printed with --format json',
  )
}

/**
 * Reads the allowable throughputs that a saved result of `kairos-wasm search` or `kairos-wasm capacity` has measured.
 * Types that are not in the file have no instance.
 *
 * @returns counts in the order of the types of the space
 * @throws KairosError NO_FILE, BAD_FILE; BAD_MODEL for a result of another model, target, batching or slots, or with a
 *   type that is not known
 */
export async function readMeasured(
  path: string,
  workload: Workload,
  space: Space,
): Promise<MeasuredThroughput[]> {
  const document = await openDocument(path)
  const measured = await (hasEvaluations(document) ? readSearch(document) : readCapacity(document))
  const types = typeNames(space)
  checkSubject(path, measured, workload, types)
  const unknown = measured.types.findIndex(
    (type, t) => !types.includes(type) && measured.rows.some(({ counts }) => counts[t] > 0),
  )
  if (unknown >= 0) {
    const problem = `has instances of "${measured.types[unknown]}", which the space lacks`
    throw new KairosError('BAD_MODEL', problem, { file: path }, `the space has ${types.join(', ')}`)
  }
  for (const [t, slots] of slotsOf(space).entries()) {
    const own = measured.types.indexOf(types[t])
    if (own < 0 || measured.slots[own] === slots || measured.rows.every(({ counts }) => counts[own] === 0))
      continue
    const problem = `has ${measured.slots[own]} for "${types[t]}"`
    const cure = `the space has ${slots}: measure with it, by --space`
    throw new KairosError('BAD_MODEL', problem, { file: path, field: 'slots' }, cure)
  }
  const columns = types.map((type) => measured.types.indexOf(type))
  return measured.rows.map(({ counts, mean }) => ({
    counts: columns.map((column) => (column < 0 ? 0 : counts[column])),
    allowableQps: mean,
  }))
}

/** @throws KairosError BAD_MODEL for throughputs of another question than the workload asks */
function checkSubject(
  file: string,
  { subject }: Measured,
  workload: Workload,
  types: readonly string[],
): void {
  const refuse = (field: string, problem: string, cure: string): never => {
    throw new KairosError('BAD_MODEL', problem, { file, field }, cure)
  }
  const { model, qosMs, percentile, batching } = subject
  if (model !== workload.model) refuse('model', `measures "${model}"`, `expected "${workload.model}"`)
  if (qosMs !== workload.qosMs) {
    refuse('qosMs', `measures what is allowed within ${qosMs} ms`, `the target is ${workload.qosMs} ms`)
  }
  if (percentile !== workload.percentile) {
    refuse('percentile', `measures ${percentile}% in time`, `the target is ${workload.percentile}%`)
  }
  const { batchSizes } = workload.latency
  const asked = largestBatchBins(workload.batching, types, batchSizes)
  const other = largestBatchBins(batching, types, batchSizes).findIndex((bin, t) => bin !== asked[t])
  if (other < 0) return
  const largest = asked[other] < 0 ? 'one query at a time' : `batches of up to ${batchSizes[asked[other]]}`
  const cure = `${types[other]} serves ${largest}: measure with the same --batching or --max-batch`
  const problem = batching === undefined ? 'is missing: no batches were measured' : 'measures other batches'
  refuse('batching', problem, cure)
}

interface Measured {
  readonly subject: WorkloadSummary
  readonly types: readonly string[]
  /** By type. */
  readonly slots: readonly number[]
  readonly rows: readonly { readonly counts: readonly number[]; readonly mean: number }[]
}

function hasEvaluations({ value }: Document): boolean {
  return Object.hasOwn(objectOf(value) ?? {}, 'evaluations')
}

async function readSearch(document: Document): Promise<Measured> {
  const { workload, space, evaluations } = await checkDocument(document, searchSchema)
  const types = space.types.map(({ name }) => name)
  const rows: Measured['rows'][number][] = []
  for (const [i, { counts, mean }] of evaluations.entries()) {
    await checkOnePerType(document, ['evaluations', i, 'counts'], counts, types)
    // a refuted configuration has no mean
    if (mean !== undefined) rows.push({ counts, mean })
  }
  return { subject: workload, types, slots: space.types.map(({ slots = 1 }) => slots), rows }
}

async function readCapacity(document: Document): Promise<Measured> {
  const capacity = await checkDocument(document, capacitySchema)
  const { types, counts, slots = types.map(() => 1), results } = capacity
  await checkOnePerType(document, ['counts'], counts, types)
  await checkOnePerType(document, ['slots'], slots, types)
  return { subject: capacity, types, slots, rows: [{ counts, mean: results[0].mean }] }
}
