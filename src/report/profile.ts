import { styleText } from 'node:util'
import { getBorderCharacters, table } from 'table'
import { formatRate } from './numbers.ts'

interface ProfileResult {
  readonly qps: number
  readonly auxiliary?: {
    readonly cutoff: number
    readonly smallShare: number
    readonly timeShare: number
    readonly rates: ReadonlyMap<number, number>
  }
}

type ProfileResults = ReadonlyMap<string, ReadonlyMap<string, ProfileResult>>

const HEADER = ['model', 'instance_type', 'cutoff', 'small_share', 'time_share', 'up_to', 'qps']

/** The derived inputs of the closed form, one row per model, type and cutoff. */
export async function* profileText(
  profiles: ProfileResults,
  format: string,
  color: boolean,
): AsyncGenerator<string> {
  const rows = [...profiles].flatMap(([model, types]) =>
    [...types].flatMap(([name, type]) => rowsOf(model, name, type)),
  )
  if (format === 'json') {
    const plain = (type: ProfileResult) =>
      type.auxiliary
        ? {
            qps: type.qps,
            ...type.auxiliary,
            rates: [...type.auxiliary.rates].map(([upTo, qps]) => ({ upTo, qps })),
          }
        : type
    const models = [...profiles].map(([model, types]) => ({
      model,
      types: [...types].map(([name, type]) => ({ name, ...plain(type) })),
    }))
    yield `${JSON.stringify({ models }, null, 2)}\n`
    return
  }
  if (format === 'csv') {
    const { writeToString } = await import('fast-csv')
    const lines = rows.map((row) => [
      row.model,
      row.name,
      row.cutoff,
      row.smallShare,
      row.timeShare,
      row.upTo,
      row.rate,
    ])
    yield await writeToString([HEADER, ...lines], { includeEndRowDelimiter: true })
    return
  }
  const percent = (share: number | undefined) => (share === undefined ? '' : `${(100 * share).toFixed(1)}%`)
  const header = ['model', 'type', 'cutoff', 'small', 'base time', 'on sizes up to', 'q/s of one']
  const lines = rows.map((row) => [
    row.model,
    row.name,
    row.cutoff === undefined ? 'base' : String(row.cutoff),
    percent(row.smallShare),
    percent(row.timeShare),
    row.upTo === undefined ? 'all' : String(row.upTo),
    formatRate(row.rate),
  ])
  const bold = (text: string) => (color ? styleText('bold', text, { validateStream: false }) : text)
  yield table([header.map(bold), ...lines], {
    border: getBorderCharacters('void'),
    drawHorizontalLine: () => false,
    columnDefault: { alignment: 'right', paddingLeft: 0, paddingRight: 2 },
    columns: { 0: { alignment: 'left' }, 1: { alignment: 'left' } },
  })
}

interface ProfileRow {
  readonly model: string
  readonly name: string
  readonly cutoff?: number
  readonly smallShare?: number
  readonly timeShare?: number
  readonly upTo?: number
  readonly rate: number
}

function rowsOf(model: string, name: string, { qps, auxiliary }: ProfileResult): ProfileRow[] {
  if (!auxiliary) return [{ model, name, rate: qps }]
  const { cutoff, smallShare, timeShare, rates } = auxiliary
  return [...rates].map(([upTo, rate]) => ({ model, name, cutoff, smallShare, timeShare, upTo, rate }))
}
