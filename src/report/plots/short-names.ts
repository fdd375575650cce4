/** The most characters of a shortened name. */
const MOST = 28

/** Longer names are shortened here: the renderer would cut their ends, where names of one family differ. */
const SHORT = 20

/** Long names without their middle: standard-nc24a…n-europe-west-0. All are whole where two would be the same. */
export function shortNames(names: readonly string[]): readonly string[] {
  const short = names.map((name) => {
    // code points: half of a pair of surrogates is no character
    const letters = [...name]
    if (letters.length <= MOST) return name
    const end = Math.floor((MOST - 1) / 2)
    return `${letters.slice(0, MOST - 1 - end).join('')}…${letters.slice(letters.length - end).join('')}`
  })
  return new Set(short).size === new Set(names).size ? short : names
}

/** How an axis or a legend shows names, if some are long. */
export function nameLabels(names: readonly string[]): {
  readonly labelExpr?: string
  readonly labelLimit?: 0
} {
  if (names.every(({ length }) => length <= SHORT)) return {}
  const [whole, short] = [names, shortNames(names)].map((texts) => JSON.stringify(texts))
  return { labelExpr: `${short}[indexof(${whole}, datum.value)]`, labelLimit: 0 }
}
