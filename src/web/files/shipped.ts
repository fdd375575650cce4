/** Takes the place of files/io/shipped.ts in the page, which carries the files of data/. No document of one's own names such a path. */
export function shippedPath(path: string): string {
  return `shipped:/${path}`
}
