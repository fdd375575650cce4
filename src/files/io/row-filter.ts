/** Which rows of a log are read: `status=200`, `model!=ncf`, `items<=500`, `path~/predict`. */
import { refuseUsage } from '../../model/errors.ts'
import { parseDifferenceOfDates } from './column-difference.ts'
import { parseDecimal } from './decimal.ts'
import { parseTimestamp } from './timestamp.ts'

/** A condition on a column of a row. */
interface Condition {
  readonly column: string
  readonly holds: (cell: string) => boolean
}

export interface RowFilter {
  /** The columns of the conditions, one for each. */
  readonly columns: readonly string[]
  /** @param cells begin at `from` with those of `columns`, without spaces around them */
  admits(cells: readonly string[], from: number): boolean
}

/** @throws KairosError BAD_USAGE for a text that is no condition */
export function createRowFilter(texts: readonly string[] = []): RowFilter {
  const conditions = texts.map(parseCondition)
  return {
    columns: conditions.map(({ column }) => column),
    admits: (cells, from) => conditions.every(({ holds }, i) => holds(cells[from + i])),
  }
}

const CONDITION = /^([^=!<>~]+)(=|!=|<=|>=|<|>|!~|~)(.*)$/s

function parseCondition(text: string): Condition {
  const match = CONDITION.exec(text)
  // == and => are slips, which no row or every row would satisfy
  if (match === null || (/^!?=$/.test(match[2]) && /^[=<>~]/.test(match[3]))) {
    const expected = 'expected <column>=<value>, or another of != < <= > >= and ~ (contains), !~'
    refuseUsage('where', `is "${text}"`, expected)
  }
  const [column, operator, value] = [match[1].trim(), match[2], match[3].trim()]
  if (/[<>]/.test(operator)) return { column, holds: comparison(text, operator, value) }
  const number = parseDecimal(value)
  const isMatch = operator.endsWith('~')
    ? (cell: string) => cell.includes(value)
    : // 200 is 200.0
      (cell: string) => cell === value || numberIn(cell) === number
  return { column, holds: operator.startsWith('!') ? (cell) => !isMatch(cell) : isMatch }
}

/** Compares numbers or times. A cell that is neither does not hold. */
function comparison(text: string, operator: string, value: string): (cell: string) => boolean {
  const scale = [numberIn, millisecondsOf].find((parse) => !Number.isNaN(parse(value)))
  if (scale === undefined) {
    const cure = 'expected a number, or a time like 2026-11-18T09:30:00Z, to compare with'
    refuseUsage('where', `is "${text}"`, cure)
  }
  const bound = scale(value)
  if (operator === '<') return (cell) => scale(cell) < bound
  if (operator === '<=') return (cell) => scale(cell) <= bound
  if (operator === '>') return (cell) => scale(cell) > bound
  return (cell) => scale(cell) >= bound
}

/** A number, or the seconds of a difference of dates. */
function numberIn(cell: string): number {
  const seconds = parseDifferenceOfDates(cell)
  return Number.isNaN(seconds) ? parseDecimal(cell) : seconds
}

/** Milliseconds since 1970; NaN for a text that is no time. */
function millisecondsOf(text: string): number {
  const time = parseTimestamp(text)
  return time === undefined ? Number.NaN : time.seconds * 1000 + time.nanoseconds / 1e6
}
