/**
 * Dashes of the first line, the second, and so on: lines differ without their colours too, and one that lies on another
 * lets it through.
 */
export const DASHES = [
  [1, 0],
  [9, 3],
  [2, 2],
  [9, 3, 2, 3],
  [5, 3],
  [2, 5],
  [16, 4],
  [9, 3, 2, 3, 2, 3],
]

const FIELD = { field: 'policy', type: 'nominal', title: 'policy', sort: null } as const

/** Long enough for the dashes. */
const LEGEND = { symbolType: 'stroke', symbolSize: 1000, symbolStrokeWidth: 1.8, rowPadding: -10 } as const

/** How the lines of policies differ. */
export const POLICY_LINES = {
  color: { ...FIELD, legend: LEGEND },
  strokeDash: { ...FIELD, legend: LEGEND, scale: { range: DASHES } },
} as const
