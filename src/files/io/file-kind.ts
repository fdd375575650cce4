/** What files are that are not text in UTF-8, and how to make text of them. */

export const NO_TEXT = { problem: 'is not text in UTF-8', cure: 'unpack or convert it first' }

/** Text in which each byte is a character, as spreadsheets write outside of English. */
const BYTE_TEXT = {
  problem: 'is not text in UTF-8',
  cure: 'write it in UTF-8, such as by iconv -f WINDOWS-1252 -t UTF-8',
}

const UTF_16 = {
  problem: 'is text in UTF-16',
  cure: 'write it in UTF-8, such as by iconv -f UTF-16 -t UTF-8',
}

interface Mark {
  /** Bytes, as characters of Latin-1. */
  readonly mark: string
  /** The position of the first one; 0 by default. */
  readonly at?: number
  readonly problem: string
  readonly cure: string
}

/** What files that are often given in place of text have at their start. */
const MARKS: readonly Mark[] = [
  { mark: '\x1f\x8b', problem: 'is packed by gzip', cure: 'unpack it by gzip -d' },
  { mark: '\x28\xb5\x2f\xfd', problem: 'is packed by zstd', cure: 'unpack it by zstd -d' },
  { mark: 'BZh', problem: 'is packed by bzip2', cure: 'unpack it by bzip2 -d' },
  { mark: '\xfd7zXZ', problem: 'is packed by xz', cure: 'unpack it by xz -d' },
  { mark: '7z\xbc\xaf', problem: 'is an archive of 7-Zip', cure: 'unpack it by 7z x' },
  { mark: 'ustar', at: 257, problem: 'is an archive of tar', cure: 'unpack it by tar -xf' },
  {
    mark: 'PK\x03\x04',
    problem: 'is a ZIP archive or a spreadsheet',
    cure: 'unpack an archive by unzip; save a spreadsheet as CSV in UTF-8',
  },
  {
    mark: '\xd0\xcf\x11\xe0',
    problem: 'is a spreadsheet of Excel',
    cure: 'save it as CSV in UTF-8',
  },
  {
    mark: 'PAR1',
    problem: 'is in Parquet',
    cure: "write it as CSV, such as by DuckDB: COPY (FROM 'in.parquet') TO 'out.csv'",
  },
  { mark: '\xff\xfe', ...UTF_16 },
  { mark: '\xfe\xff', ...UTF_16 },
]

/** What bytes are that are not text in UTF-8; `isFirst` for those at the start of a file. */
export function kindOf(bytes: Buffer, isFirst: boolean): { readonly problem: string; readonly cure: string } {
  const text = bytes.toString('latin1')
  const known = isFirst && MARKS.find(({ mark, at = 0 }) => text.startsWith(mark, at))
  // packed and binary data have control characters
  return known || (/[^\P{Cc}\t\n\r\x80-\x9f]/u.test(text) ? NO_TEXT : BYTE_TEXT)
}
