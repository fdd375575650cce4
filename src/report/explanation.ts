import { styleText } from 'node:util'
import { getBorderCharacters, table } from 'table'
import { formatDollars, formatRate } from './numbers.ts'

interface ExplanationResult {
  readonly counts: readonly number[]
  readonly costPerHour: number
  readonly bound: number
  readonly types: readonly {
    readonly name: string
    readonly count: number
    readonly price: number
    readonly gainPerDollar: number
    readonly utilisation: number
    readonly queries: number
    readonly bins: readonly { readonly from: number; readonly to: number; readonly share: number }[]
  }[]
  readonly violations: { readonly share: number; readonly allowed: number; readonly gainPerPoint: number }
}

/** Which bins go to which type in what shares, and what each is worth: a table for a terminal, or JSON. */
export function* explanationText(
  result: ExplanationResult,
  format: string,
  color: boolean,
): Generator<string> {
  if (format === 'json') {
    yield `${JSON.stringify(result, null, 2)}\n`
    return
  }
  const bold = (text: string) => (color ? styleText('bold', text, { validateStream: false }) : text)
  yield `${bold(`${result.counts.join(', ')}: at most ${formatRate(result.bound)} queries a second`)} for $${formatDollars(result.costPerHour)} an hour\n`
  if (result.bound === 0) {
    yield '\nInfeasible: even when every batch size goes to the type least likely to be late, too many are.\n'
    return
  }
  const header = [
    'type',
    'count',
    'busy',
    'of queries',
    '+1 gains',
    '+$1 gains',
    'batch sizes, share of them',
  ]
  const lines = result.types.map((type) => [
    type.name,
    String(type.count),
    type.count > 0 ? percent(type.utilisation) : '',
    type.count > 0 ? percent(type.queries) : '',
    `${formatRate(type.price)} q/s`,
    `${formatRate(type.gainPerDollar)} q/s`,
    type.bins.map(range).join(', '),
  ])
  yield `\n${table([header.map(bold), ...lines], {
    border: getBorderCharacters('void'),
    drawHorizontalLine: () => false,
    columnDefault: { alignment: 'right', paddingLeft: 0, paddingRight: 2 },
    columns: { 0: { alignment: 'left' }, 6: { alignment: 'left', wrapWord: true, width: 44 } },
  })}`
  const { share, allowed, gainPerPoint } = result.violations
  const gain = gainPerPoint > 0 ? `; one point more would gain ${formatRate(gainPerPoint)} q/s` : ''
  yield `\n${percent(share, 2)} of queries are late under this routing, ${percent(allowed, 2)} may be${gain}.\n`
}

function range({ from, to, share }: { from: number; to: number; share: number }): string {
  const sizes = from === to ? String(from) : `${from}–${to}`
  return share > 1 - 1e-9 ? sizes : `${sizes} (${percent(share)})`
}

function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)}%`
}
