/**
 * The word of a list that is nearest to a misspelt one; undefined if none is near. A word is near if at most one
 * letter, or a third of its letters, are wrong, and not all.
 */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  const lower = word.toLowerCase()
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of words) {
    const edits = distance(lower, candidate.toLowerCase())
    if (edits < Math.min(least, Math.max(word.length, candidate.length))) {
      least = edits
      best = candidate
    }
  }
  return best
}

/** Letters to insert, delete, replace or swap with their neighbour (Damerau 1964, restricted). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(replaced, above[j] + 1, row[j - 1] + 1)
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1)
    }
    before = above
    above = row
  }
  return above[b.length]
}
