/** What a report page shows: sections of text, figures and tables. It is data; html.ts writes it. */
import type { Figure } from '../figures/figure.ts'

/** A table with a caption. Cells are texts as they are printed. */
export interface PageTable {
  readonly id: string
  readonly caption: string
  readonly columns: readonly PageColumn[]
  readonly rows: readonly (readonly string[])[]
  /** A sentence below the table, such as how many rows it leaves out. */
  readonly note?: string
  /** Whether a row can be chosen in the page: its configuration, by row. */
  readonly choices?: readonly string[]
}

export interface PageColumn {
  readonly name: string
  /** Aligned to the right. */
  readonly numeric: boolean
}

export interface Section {
  readonly id: string
  readonly title: string
  readonly paragraphs?: readonly string[]
  readonly figures?: readonly Figure[]
  readonly tables?: readonly PageTable[]
}

/** A report: its finding, its question, its sections. */
export interface ReportPage {
  readonly title: string
  readonly subtitle: string
  readonly sections: readonly Section[]
}

/** A column of numbers, and a column of text. */
export const numeric = (name: string): PageColumn => ({ name, numeric: true })
export const textual = (name: string): PageColumn => ({ name, numeric: false })
