import type { Comparison } from './comparison.ts'
import { BY_BOUND, type Searches } from './searches.ts'

/** The results of a run, as `reproduce.json` holds them. */
export interface Reproduction {
  readonly schema: 1
  readonly machine: string
  readonly node: string
  readonly date: string
  readonly queries: number
  readonly repeats: number
  /** How many times each of the other searches is run. */
  readonly seeds: number
  readonly budgetPerHour: number
  readonly comparisons: readonly Comparison[]
  readonly searches: readonly Searches[]
}

/** Replaces what stands between the two marks of a document by the tables of a run. */
export function withTables(document: string, run: Reproduction): string {
  const marked = /(<!-- npm run reproduce -->\n)[\s\S]*?(\n<!-- end -->)/
  if (!marked.test(document)) throw new Error('the document has no marks to put the tables between')
  return document.replace(marked, (_, begin, end) => `${begin}\n${tablesOf(run)}\n${end}`)
}

/** The tables of a run in Markdown. */
export function tablesOf(run: Reproduction): string {
  const { queries, repeats, budgetPerHour, comparisons } = run
  const poisson = comparisons.filter(({ arrivals }) => arrivals === 'poisson')
  const published = comparisons.filter(({ arrivals }) => arrivals !== 'poisson')
  const thousands = queries.toLocaleString('en-US')
  return [
    `Allowable throughput in queries a second, $${budgetPerHour} an hour, sampled service times, ${repeats} x ${thousands} queries, ± the 95%`,
    'interval. Counts are those of g4dn.xlarge, c5n.2xlarge, r5n.large and t3.xlarge. With Poisson arrivals:',
    '',
    throughputs(poisson),
    '',
    'With the arrivals of the published scripts, whole milliseconds between queries:',
    '',
    throughputs(published),
    '',
    'Evaluations: how many the verified search takes to the proven best, how many measuring every configuration takes,',
    `and how many each search takes to reach 99% of the best (mean and maximum of ${run.seeds} seeds; it cannot know that it has):`,
    '',
    evaluations(run, poisson),
    '',
    `${run.machine}, Node ${run.node}, ${run.date.slice(0, 10)}.`,
  ].join('\n')
}

function throughputs(comparisons: readonly Comparison[]): string {
  const policies = Object.keys(comparisons[0].allowed)
  const header = ['', ...comparisons.map(({ model }) => model)]
  const rate = (value: number) => (value >= 1000 ? value.toFixed(0) : value.toFixed(1))
  const within = ({ mean, halfWidth }: { mean: number; halfWidth: number }) =>
    Number.isFinite(halfWidth) ? `${rate(mean)} ± ${rate(halfWidth)}` : rate(mean)
  const line = (name: string, cell: (comparison: Comparison) => string) => [name, ...comparisons.map(cell)]
  return markdown([
    header,
    line('best verified configuration', ({ best }) => best.join(' ')),
    line('its fluid bound', ({ bound }) => rate(bound)),
    ...policies.map((policy) => line(`\`${policy}\``, ({ allowed }) => within(allowed[policy]))),
    line('five best, of their bounds', ({ shareOfBound }) =>
      (shareOfBound.reduce((sum, share) => sum + share, 0) / shareOfBound.length).toFixed(3),
    ),
    line('best homogeneous', ({ homogeneous }) => `${within(homogeneous)} (${homogeneous.counts.join(' ')})`),
    line('best over homogeneous', ({ gain }) =>
      Number.isFinite(gain.halfWidth)
        ? `${gain.mean.toFixed(2)} ± ${gain.halfWidth.toFixed(2)}`
        : gain.mean.toFixed(2),
    ),
  ])
}

function evaluations({ searches }: Reproduction, comparisons: readonly Comparison[]): string {
  const names = Object.keys(searches[0].to99)
  const label = (name: string) => (name === BY_BOUND ? 'verified search, to 99%' : `${name}, to 99%`)
  return markdown([
    ['', ...searches.map(({ model }) => model)],
    ['verified search, to the proven best', ...comparisons.map((comparison) => `${comparison.evaluations}`)],
    ['exhaustive', ...comparisons.map(({ feasible }) => `${feasible}`)],
    ...names.map((name) => [
      label(name),
      ...searches.map(({ to99 }) => {
        const { mean, most } = to99[name]
        return name === BY_BOUND ? `${mean}` : `${mean.toFixed(1)}, ${most}`
      }),
    ]),
  ])
}

/** A table whose columns are as wide as their widest cell. */
function markdown(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, c) => Math.max(3, ...lines.map((line) => line[c].length)))
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell, c) => cell.padEnd(widths[c])).join(' | ')} |`
  const [header, ...body] = lines
  return [row(header), row(widths.map((width) => '-'.repeat(width))), ...body.map(row)].join('\n')
}
