import { fileURLToPath } from 'node:url'

/** The path of a file in data/, which comes with the package. `src/` and `dist/` are equally deep. */
export function shippedPath(path: string): string {
  return fileURLToPath(new URL(`../../../data/${path}`, import.meta.url))
}
