/** Takes the place of files/io/shipped.ts in the page, which carries the files of data/. */
export function shippedPath(path: string): string {
  return `data/${path}`
}
