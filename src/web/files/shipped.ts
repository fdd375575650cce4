/** Replaces files/io/shipped.ts in the page, which carries the files of data/: documents name no such path. */
export function shippedPath(path: string): string {
  return `shipped:/${path}`
}
