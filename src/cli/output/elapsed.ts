/** How long work took, as notes end with it. @param started the time of `performance.now()` when it began */
export function elapsedText(started: number): string {
  return `in ${Math.round(performance.now() - started)} ms`
}
