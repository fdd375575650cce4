/** What a report page shows: sections of text, figures and tables. It is data; html.ts writes it. */
import type { Figure } from '../figures/figure.ts'
import type { TableColumn } from '../table-columns.ts'

/** A table with a caption. Cells are texts as they are printed. */
export interface PageTable {
  readonly id: string
  readonly caption: string
  readonly columns: readonly TableColumn[]
  readonly rows: readonly (readonly string[])[]
  /** A sentence below the table, such as how many rows it leaves out. */
  readonly note?: string | undefined
  /** Whether a row can be chosen in the page: its configuration, by row. */
  readonly choices?: readonly string[]
  /** The configuration among them that the page explains. */
  readonly chosen?: string | undefined
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
