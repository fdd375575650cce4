/** Flags of files whose columns the caller names: which rows are read, and what stands between their cells. */
import { Option } from 'commander'
import { names } from './parse.ts'
import { parseEach } from './several.ts'

export interface RowFlags {
  readonly delimiter?: string
  readonly where?: string
  readonly header?: string[]
}

/** @param takesDelimiter whether the file may be CSV; otherwise flags of CSV are refused and not in the help */
export const rowFlags = (takesDelimiter = true) => [
  new Option(
    '--where <condition>',
    'only rows for which it holds: status=200, model!=ncf, "items<=500", path~/predict (contains); may be given several times',
  ).argParser(parseEach),
  new Option(
    '--delimiter <character>',
    'for CSV: the character between cells, or tab (default: ",")',
  ).hideHelp(!takesDelimiter),
  new Option('--header <names>', 'for CSV without a header line: the names of its columns, in order')
    .argParser(names)
    .hideHelp(!takesDelimiter),
]

export function rowOptions({ delimiter, where, header }: RowFlags) {
  return {
    header,
    where: where?.split('\n'),
    delimiter: delimiter === 'tab' || delimiter === '\\t' ? '\t' : delimiter,
  }
}
