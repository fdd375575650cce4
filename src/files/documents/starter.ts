import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { KairosError } from '../../model/errors.ts'
import { checkSpace } from '../../model/fleet/space.ts'
import { MEAN_MS } from '../../model/workload/latency-table.ts'
import { writeTogether } from '../io/write.ts'

/** An instance type of the files to begin with. */
export interface StarterType {
  readonly name: string
  readonly pricePerHour: number
}

export interface Starter {
  readonly model: string
  readonly types: readonly StarterType[]
  readonly qosMs: number
  readonly percentile: number
  readonly budgetPerHour: number
}

/** Bins of the example, and the share of queries of each. */
const BINS: readonly (readonly [size: number, share: number])[] = [
  [1, 0.5],
  [8, 0.3],
  [64, 0.2],
]

/** Quantiles of the example as multiples of the mean. */
const QUANTILES = { p50_ms: 0.98, p95_ms: 1.1, p99_ms: 1.2 }

/** The mean of the largest batch on the dearest type, as a share of the latency target. */
const LARGEST_BATCH_SHARE = 0.25

/** The largest count of a type that the example allows. */
const MOST_INSTANCES = 50

/**
 * Writes a workload, a space, a latency table and a mix to edit. Latencies are examples: the dearer a type, the faster.
 * On the dearest type every batch size meets the target.
 *
 * @returns the paths of the files
 * @throws KairosError BAD_USAGE where one of them exists, or a time of the example would be refused; as `checkSpace`
 */
export async function writeStarter(folder: string, starter: Starter): Promise<string[]> {
  const files = Object.entries({
    'workload.yaml': workloadText(starter),
    'space.yaml': spaceText(starter),
    'latency.csv': await latencyText(starter),
    'mix.csv': `batch_size,probability\n${BINS.map(([size, share]) => `${size},${share}\n`).join('')}`,
  }).map(([name, chunks]) => ({ path: join(folder, name), chunks }))
  for (const { path } of files) {
    const exists = await lstat(path).then(
      () => true,
      () => false,
    )
    if (exists)
      throw new KairosError('BAD_USAGE', 'exists', { file: path }, 'name another folder, or move it')
  }
  await writeTogether(files)
  return files.map(({ path }) => path)
}

function workloadText({ model, qosMs, percentile }: Starter): string {
  return `# What is served, and how fast it has to be. \`kairos-wasm schema workload\` describes each field.
model: ${JSON.stringify(model)}
# How long each instance type takes for each batch size (\`kairos-wasm schema latency\`). The figures in it are examples:
# replace them by your measurements, by \`kairos-wasm measure\` or by \`kairos-wasm import\`.
latency: latency.csv
# How often each batch size is asked for (\`kairos-wasm schema mix\`); \`kairos-wasm trace mix\` makes one from a trace.
mix: mix.csv
# The latency target in milliseconds, and the percentage of queries that must meet it.
qosMs: ${qosMs}
percentile: ${percentile}
`
}

function spaceText({ types, budgetPerHour }: Starter): string {
  const most = largestCounts(types, budgetPerHour)
  checkSpace({ types: types.map((type, t) => ({ ...type, max: most[t] })), budgetPerHour })
  const lines = types.map(
    ({ name, pricePerHour }, t) =>
      `  - { name: ${JSON.stringify(name)}, min: 0, max: ${most[t]}, pricePerHour: ${pricePerHour} }\n`,
  )
  return `# The machines that may be rented. \`kairos-wasm schema space\` describes each field.
types:
  # Counts from min to max; the price is in dollars per hour. Every type is in the latency table.
${lines.join('')}# Dollars per hour.
budgetPerHour: ${budgetPerHour}
`
}

/** The instances of each type that the budget buys, 1 to `MOST_INSTANCES`; fewer if the space becomes too large. */
function largestCounts(types: readonly StarterType[], budgetPerHour: number): number[] {
  for (let most = MOST_INSTANCES; ; most--) {
    const counts = types.map(({ pricePerHour }) =>
      Math.max(1, Math.min(most, Math.floor(budgetPerHour / pricePerHour))),
    )
    const size = counts.reduce((product, count) => product * (count + 1), 1)
    if (most === 1 || size <= Number.MAX_SAFE_INTEGER) return counts
  }
}

async function latencyText({ types, qosMs }: Starter): Promise<string> {
  const largest = BINS[BINS.length - 1][0]
  const dearest = Math.max(...types.map(({ pricePerHour }) => pricePerHour))
  const rows = types.flatMap(({ name, pricePerHour }) =>
    BINS.map(([size]) => {
      const slowness = (dearest / pricePerHour) ** 0.8
      const meanMs = LARGEST_BATCH_SHARE * qosMs * slowness * (0.25 + (0.75 * size) / largest)
      // the quantiles, and those that its readers derive, are below twice the mean
      if (!MEAN_MS.isValid(2 * meanMs)) {
        const problem = `the example would have a mean of ${meanMs} ms for ${name}`
        const cure = 'give a target in milliseconds, and prices that are not that far apart'
        throw new KairosError('BAD_USAGE', problem, {}, cure)
      }
      const quantiles = Object.values(QUANTILES).map((factor) => figure(meanMs * factor))
      return [name, size, figure(meanMs), ...quantiles]
    }),
  )
  const header = ['instance_type', 'batch_size', 'mean_ms', ...Object.keys(QUANTILES)]
  const { writeToString } = await import('fast-csv')
  return writeToString([header, ...rows], { includeEndRowDelimiter: true })
}

/** Three significant digits, without an exponent. */
function figure(ms: number): number {
  return Number(ms.toPrecision(3))
}
