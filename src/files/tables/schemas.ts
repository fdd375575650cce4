/** Table Schemas (Frictionless 2.0) of the CSV formats of a workload and a trace. `unit` is a property of our own. */

interface Field {
  readonly name: string
  readonly type: 'string' | 'number' | 'integer'
  readonly description: string
  readonly unit?: string
  readonly constraints?: Readonly<Record<string, boolean | number>>
}

const quantile = (percent: number, what: string): Field => ({
  name: `p${percent}_ms`,
  type: 'number',
  description: `${what} of the service time; no smaller than the quantile before it`,
  unit: 'ms',
  constraints: { minimum: 0 },
})

const latency = {
  title: 'latency table',
  description:
    'How long each instance type takes for a batch: a row for each type and batch size (bin), every type with every bin. ' +
    'Quantile columns are p<percent>_ms, such as p99.9_ms, in increasing order; one at least is above the median. ' +
    'p0_ms and p100_ms are derived where they are missing.',
  fieldsMatch: ['partial'],
  fields: [
    {
      name: 'instance_type',
      type: 'string',
      description: 'the name of an instance type',
      constraints: { required: true },
    },
    {
      name: 'batch_size',
      type: 'number',
      description: 'the items of a batch; a smaller batch is rounded up to the next bin',
      unit: 'items',
      constraints: { required: true, exclusiveMinimum: 0 },
    },
    {
      name: 'samples',
      type: 'integer',
      description:
        'how many measurements the row comes from, 0 for a row between measured sizes; the column may be missing',
      unit: 'measurements',
      constraints: { minimum: 0 },
    },
    {
      name: 'concurrency',
      type: 'integer',
      description:
        'how many requests were under way while it was measured, which the slots of the type must equal; the column or the cell may be missing',
      unit: 'requests',
      constraints: { minimum: 1 },
    },
    {
      name: 'mean_ms',
      type: 'number',
      description: 'the mean service time',
      unit: 'ms',
      constraints: { required: true, exclusiveMinimum: 0 },
    },
    quantile(0, 'the smallest value'),
    quantile(50, 'the median'),
    quantile(95, 'the 95th percentile'),
    quantile(99, 'the 99th percentile'),
    quantile(100, 'the largest value'),
  ] satisfies Field[],
  primaryKey: ['instance_type', 'batch_size'],
}

const mix = {
  title: 'mix',
  description: 'How often each batch size is asked for. Sizes increase, and probabilities sum to 1.',
  fieldsMatch: ['subset'],
  fields: [
    {
      name: 'batch_size',
      type: 'number',
      description: 'the items of a batch; at most the largest bin of the latency table',
      unit: 'items',
      constraints: { required: true, unique: true, exclusiveMinimum: 0 },
    },
    {
      name: 'probability',
      type: 'number',
      description: 'the share of queries with this batch size',
      unit: '1',
      constraints: { required: true, minimum: 0, maximum: 1 },
    },
  ] satisfies Field[],
  primaryKey: ['batch_size'],
}

const trace = {
  title: 'trace',
  description: 'What arrives when: a row for each query, in the order of arrival.',
  fieldsMatch: ['subset'],
  fields: [
    {
      name: 'arrival_ms',
      type: 'number',
      description: 'when the query arrives, from the start of the trace; never before the row above',
      unit: 'ms',
      constraints: { required: true, minimum: 0 },
    },
    {
      name: 'batch_size',
      type: 'number',
      description: 'the items of its batch',
      unit: 'items',
      constraints: { required: true, exclusiveMinimum: 0 },
    },
  ] satisfies Field[],
}

const schemas = { latency, mix, trace }

/** The name of a CSV format that has a schema. */
export type TableFormat = keyof typeof schemas

/** The names of these formats. */
export const TABLE_FORMATS = Object.keys(schemas) as readonly TableFormat[]

/** The Table Schema of a CSV format. */
export function tableSchema(name: TableFormat): object {
  return { $schema: 'https://datapackage.org/profiles/2.0/tableschema.json', ...schemas[name] }
}
