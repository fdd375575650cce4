import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import { published } from '../../scratch.ts'

/** Files by their path, or an entry of any kind. */
export type Entry = readonly [
  header: string | (Partial<Header> & { name: string }),
  content?: string | Buffer,
]

/** A tar archive. */
export async function tarOf(entries: Iterable<Entry>): Promise<Buffer> {
  const tar = pack()
  for (const [header, content] of entries) {
    tar.entry(typeof header === 'string' ? { name: header } : header, content ?? '')
  }
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export async function tarGzOf(entries: Iterable<Entry>): Promise<Buffer> {
  return gzipSync(await tarOf(entries))
}

/**
 * An excerpt of the published measurements, rm2 and mtwnd at batches of 10, 70 and 1000, by path from the
 * folder that has the folders of the types; fixtures/hpdc23/<model>.csv has the rows that come out.
 */
export function excerpt(): Map<string, string> {
  const all: Record<string, number[]> = JSON.parse(readFileSync(published('measurements.json'), 'utf8'))
  return new Map(Object.entries(all).map(([name, times]) => [name, JSON.stringify(times)]))
}
