import { stat } from 'node:fs/promises'
import { openDocument } from './document.ts'
import { findDocument } from './find-document.ts'
import { fromFolderOf } from './workload.ts'

/**
 * The tables that a workload names, without reading them: none for a pipe, which can be read only once, and for a
 * document that `readWorkload` refuses.
 */
export async function tableFiles(pathOrName: string): Promise<string[]> {
  try {
    const { path } = await findDocument('workloads', pathOrName)
    if (!(await stat(path)).isFile()) return []
    const { latency, mix } = (await openDocument(path)).value as Record<string, unknown>
    return [latency, mix].flatMap((table) => (typeof table === 'string' ? fromFolderOf(path, table) : []))
  } catch {
    return []
  }
}
