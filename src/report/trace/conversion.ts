import { counted } from '../../model/counted.ts'
import type { ConversionReport } from '../../model/results/conversion.ts'
import { formatCount } from '../numbers.ts'

interface SizeLimits {
  readonly clampTo?: number | undefined
  readonly maxBatchSize?: number | undefined
}

/** What happened to the rows of an imported trace: lines without a line end after the last. */
export function conversionText(report: ConversionReport, { clampTo, maxBatchSize }: SizeLimits): string {
  const parts: [count: number, what: string][] = [
    [report.leftOut, 'left out by --where'],
    [report.droppedEmpty, 'dropped for an empty size'],
    [report.droppedZero, 'dropped for a size of 0'],
    [report.droppedBeyond, `dropped for a size beyond ${maxBatchSize}`],
    [report.outsideWindow, 'outside the window'],
    [report.clamped, `with a size lowered to ${clampTo}`],
    [report.outOfOrder, 'sorted in between those above them'],
  ]
  const told = parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `, ${formatCount(count)} ${what}`)
    .join('')
  const lines = [`${counted(report.rows, 'row')}: ${formatCount(report.kept)} kept${told}`]
  if (report.lastLineOpen) lines.push('the last line has no end: was the file cut inside its last number?')
  if (report.begin !== undefined) lines.push(`time 0 is ${report.begin}`)
  if (report.shareSecond !== undefined) {
    const problem = `all arrivals are whole seconds, and ${formatCount(report.shareSecond)} rows share theirs with others: they are bursts in this trace`
    lines.push(
      `${problem}; log times with more digits, or draw arrivals by trace generate, with sizes by trace mix`,
    )
  }
  if (report.likelyUnit !== undefined) {
    const unit = report.likelyUnit
    lines.push(`in ${unit} the first arrival would be a time since 1970: is --unit ${unit} meant?`)
  }
  return lines.join('\n')
}
