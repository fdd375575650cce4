import { packageFile } from '../../model/package-files.ts'

/** The path of a file in data/, which comes with the package. */
export function shippedPath(path: string): string {
  return packageFile(`data/${path}`)
}
