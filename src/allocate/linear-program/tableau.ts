/**
 * The tableau of a small linear program with T counts n_t and the activities y_i = Σ_t u_it n_t of its cuts. An
 * activity is a variable with a lower bound, the right-hand side of its cut, so the tableau has no constants.
 *
 *   rows      x_basic[i] = Σ_j a[i][j] x_nonbasic[j]     variables 0 to T - 1 are n_t, T + i is y_i
 *   costs     Σ_t c_t n_t = Σ_j z[j] x_nonbasic[j]       a nonbasic variable is at its upper bound where z[j] < 0
 */
export interface Tableau {
  /** T, the number of columns. */
  readonly types: number
  /** T costs of the counts. */
  readonly cost: Float64Array
  /** The T coefficients of each cut; a row for each. */
  readonly cuts: Float64Array[]
  readonly a: Float64Array
  readonly z: Float64Array
  /** The variable of each row, and of each column. */
  readonly basic: Int32Array
  readonly nonbasic: Int32Array
  /** By variable: its value and its bounds. */
  readonly value: Float64Array
  readonly low: Float64Array
  readonly high: Float64Array
  /** 1 for a nonbasic variable at its upper bound. */
  readonly atHigh: Uint8Array
  /** Pivots since the tableau was computed from the cuts. */
  pivots: number
}

/** A tableau without cuts. @param mostCuts the tableau has room for as many */
export function createTableau(cost: Float64Array, mostCuts: number): Tableau {
  const types = cost.length
  return {
    types,
    cost,
    cuts: [],
    a: new Float64Array(mostCuts * types),
    z: Float64Array.from(cost),
    basic: new Int32Array(mostCuts),
    nonbasic: Int32Array.from({ length: types }, (_, t) => t),
    value: new Float64Array(types + mostCuts),
    low: new Float64Array(types + mostCuts),
    high: new Float64Array(types + mostCuts).fill(Infinity),
    atHigh: new Uint8Array(types + mostCuts),
    pivots: 0,
  }
}

/** Adds a cut as the last row: its coefficients with the basic counts replaced by their rows. */
export function addRow({ types, cuts, a, basic, nonbasic }: Tableau, cut: Float64Array): void {
  const row = cuts.push(cut) - 1
  basic[row] = types + row
  const at = row * types
  a.fill(0, at, at + types)
  for (let j = 0; j < types; j++) if (nonbasic[j] < types) a[at + j] += cut[nonbasic[j]]
  for (let i = 0; i < row; i++) {
    if (basic[i] >= types || cut[basic[i]] === 0) continue
    for (let j = 0; j < types; j++) a[at + j] += cut[basic[i]] * a[i * types + j]
  }
}

/** Starts again from the basis of activities: computes the tableau from its cuts. */
export function reset(tableau: Tableau): void {
  const { types, cost, cuts, a, z, basic, nonbasic } = tableau
  tableau.pivots = 0
  z.set(cost)
  for (let t = 0; t < types; t++) nonbasic[t] = t
  for (const [i, cut] of cuts.entries()) {
    basic[i] = types + i
    a.set(cut, i * types)
  }
}

/** Exchanges the variable of a row with the variable of a column. */
export function pivot(tableau: Tableau, row: number, column: number): void {
  const { types, cuts, a, z, basic, nonbasic } = tableau
  tableau.pivots++
  const at = row * types
  const inverse = 1 / a[at + column]
  // the row, solved for the variable that enters
  for (let j = 0; j < types; j++) a[at + j] *= -inverse
  a[at + column] = inverse
  for (let i = 0; i < cuts.length; i++) {
    if (i === row) continue
    const factor = a[i * types + column]
    if (factor === 0) continue
    a[i * types + column] = 0
    for (let j = 0; j < types; j++) a[i * types + j] += factor * a[at + j]
  }
  const factor = z[column]
  z[column] = 0
  for (let j = 0; j < types; j++) z[j] += factor * a[at + j]
  const entering = nonbasic[column]
  nonbasic[column] = basic[row]
  basic[row] = entering
}

/** Places nonbasic variables at the bound that their reduced cost asks for. */
export function place({ types, z, nonbasic, high, atHigh }: Tableau): void {
  for (let j = 0; j < types; j++) {
    // activities have no upper bound: a negative reduced cost of one is a rounding error
    atHigh[nonbasic[j]] = z[j] < 0 && high[nonbasic[j]] < Infinity ? 1 : 0
  }
}

/** Computes the values of all variables. @returns the cost */
export function evaluate({ types, cuts, a, z, basic, nonbasic, value, low, high, atHigh }: Tableau): number {
  let sum = 0
  for (let j = 0; j < types; j++) {
    const x = nonbasic[j]
    value[x] = atHigh[x] === 1 ? high[x] : low[x]
    sum += z[j] * value[x]
  }
  for (let i = 0; i < cuts.length; i++) {
    let x = 0
    for (let j = 0; j < types; j++) x += a[i * types + j] * value[nonbasic[j]]
    value[basic[i]] = x
  }
  return sum
}
