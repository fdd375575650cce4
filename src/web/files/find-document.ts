/** Takes the place of files/documents/find-document.ts in the page: a bare name is that of a shipped document. */
import { hasFile } from './open-file.ts'
import { shippedPath } from './shipped.ts'

export async function findDocument(
  kind: 'workloads' | 'spaces',
  pathOrName: string,
): Promise<{ readonly path: string; readonly shipped: boolean }> {
  const path = shippedPath(`${kind}/${pathOrName}.json`)
  return hasFile(path) ? { path, shipped: true } : { path: pathOrName, shipped: false }
}
