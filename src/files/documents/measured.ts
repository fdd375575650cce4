import { KairosError } from '../../model/errors.ts'
import type { MeasuredThroughput } from '../../model/plan.ts'
import { checkDocument, type Document, type Fields, openDocument, placeOf } from './document.ts'

const names = ({ list, text }: Fields) =>
  list(text('the name of an instance type, a text'), 'a list of names of instance types')

const countsOf = ({ count, list }: Fields) =>
  list(count('a count, a whole number >= 0'), 'counts in the order of the types')

const rate = ({ nonnegative }: Fields) => nonnegative('queries per second, a number >= 0')

/** What `kairos-wasm search --format json` prints, as far as measured throughputs are concerned. */
const searchSchema = (fields: Fields) => {
  const { list, looseObject, text } = fields
  const name = text('the name of an instance type, a text')
  return looseObject(
    {
      workload: looseObject({ model: text('the name of the model, a text') }, 'the workload, an object'),
      space: looseObject(
        { types: list(looseObject({ name }, 'an instance type, an object'), 'a list of instance types') },
        'the space, an object',
      ),
      evaluations: list(
        looseObject(
          { outcome: text('measured or refuted'), counts: countsOf(fields), mean: rate(fields).optional() },
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
  const { list, looseObject, text } = fields
  return looseObject(
    {
      model: text('the name of the model, a text'),
      types: names(fields),
      counts: countsOf(fields),
      results: list(
        looseObject({ mean: rate(fields) }, 'the throughput under a policy, an object'),
        'a list of throughputs by policy',
      ).min(1, 'a list of at least one policy'),
    },
    'a result of kairos-wasm search or kairos-wasm capacity, printed with --format json',
  )
}

/**
 * Reads the allowable throughputs that a saved result of `kairos-wasm search` or `kairos-wasm capacity` has measured. Types that
 * are not in the result have no instance.
 *
 * @param types the order of the counts that are returned
 * @throws KairosError NO_FILE, BAD_FILE; BAD_MODEL for a result of another model, or with a type that is not known
 */
export async function readMeasured(
  path: string,
  model: string,
  types: readonly string[],
): Promise<MeasuredThroughput[]> {
  const document = await openDocument(path)
  const measured = await (hasEvaluations(document) ? readSearch(document) : readCapacity(document))
  if (measured.model !== model) {
    const problem = `measures "${measured.model}"`
    throw new KairosError('BAD_MODEL', problem, { file: path, field: 'model' }, `expected "${model}"`)
  }
  const unknown = measured.types.findIndex(
    (type, t) => !types.includes(type) && measured.rows.some(({ counts }) => counts[t] > 0),
  )
  if (unknown >= 0) {
    const problem = `has instances of "${measured.types[unknown]}", which the space lacks`
    throw new KairosError('BAD_MODEL', problem, { file: path }, `the space has ${types.join(', ')}`)
  }
  const columns = types.map((type) => measured.types.indexOf(type))
  return measured.rows.map(({ counts, mean }) => ({
    counts: columns.map((column) => (column < 0 ? 0 : counts[column])),
    allowableQps: mean,
  }))
}

interface Measured {
  readonly model: string
  readonly types: readonly string[]
  readonly rows: readonly { readonly counts: readonly number[]; readonly mean: number }[]
}

function hasEvaluations({ value }: Document): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'evaluations')
}

async function readSearch(document: Document): Promise<Measured> {
  const { workload, space, evaluations } = await checkDocument(document, searchSchema)
  const types = space.types.map(({ name }) => name)
  const rows: Measured['rows'][number][] = []
  for (const [i, { counts, outcome, mean }] of evaluations.entries()) {
    await checkLength(document, ['evaluations', i, 'counts'], counts, types)
    if (outcome === 'measured' && mean !== undefined) rows.push({ counts, mean })
  }
  return { model: workload.model, types, rows }
}

async function readCapacity(document: Document): Promise<Measured> {
  const { model, types, counts, results } = await checkDocument(document, capacitySchema)
  await checkLength(document, ['counts'], counts, types)
  return { model, types, rows: [{ counts, mean: results[0].mean }] }
}

async function checkLength(
  document: Document,
  path: readonly PropertyKey[],
  counts: readonly number[],
  types: readonly string[],
): Promise<void> {
  if (counts.length === types.length) return
  const cure = `expected one for each of ${types.length} types`
  throw new KairosError('BAD_FILE', `has ${counts.length} counts`, await placeOf(document, path), cure)
}
