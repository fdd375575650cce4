/**
 * The first index from 0 to `last` for which a condition holds, by binary search. The condition must hold for every
 * index after one for which it holds.
 *
 * @returns `last` where it holds for no earlier index
 */
export function firstIndex(last: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = last
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
