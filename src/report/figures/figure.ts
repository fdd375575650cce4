import type { Cell } from '../csv.ts'
import type { PlotSpec } from '../plots/plot.ts'

/** A picture with its meaning in words and its data. */
export interface Figure {
  /** A name that the page has once; the file name of its data. */
  readonly id: string
  /** States the finding. */
  readonly title: string
  /** How to read the picture: what is on the axes, the points and the lines. */
  readonly caption: string
  /** The content for those who do not see the picture. */
  readonly alt: string
  readonly spec: PlotSpec
  /** What is drawn; units are in the names of the columns. */
  readonly data: { readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[] }
}
