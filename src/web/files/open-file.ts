/**
 * Takes the place of files/io/open-file.ts in the page: the files are those that were dropped on it and those that came
 * with it. The readers of files/ are the same as on the command line, and so are their checks and messages.
 */
import { KairosError } from '../../model/errors.ts'

interface OpenOptions {
  readonly signal?: AbortSignal | undefined
  readonly mostBytes?: number | undefined
}

/** The shipped files by their paths, and by their names those of the drop that is read: a drop has no folders. */
const shipped = new Map<string, Uint8Array>()
const dropped = new Map<string, Uint8Array>()

/** Makes a shipped file known under its path. */
export function putFile(path: string, content: string): void {
  shipped.set(path, new TextEncoder().encode(content))
}

/** The name of a file, without its folders. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function contentOf(path: string): Uint8Array | undefined {
  return shipped.get(path) ?? dropped.get(nameOf(path))
}

/** Ends when the files of the last drop are read. */
let lastRead: Promise<unknown> = Promise.resolve()

/**
 * Makes dropped files known while they are read, and forgets them. Drops are read one after the other: their names may
 * be equal.
 */
export function withFiles<Result>(
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  read: () => Promise<Result>,
): Promise<Result> {
  const reading = lastRead.then(async () => {
    for (const { name, bytes } of files) dropped.set(name, bytes)
    return read().finally(() => dropped.clear())
  })
  lastRead = reading.catch(() => undefined)
  return reading
}

/** Whether there is a file of this path. */
export function hasFile(path: string): boolean {
  return contentOf(path) !== undefined
}

export async function openFile(file: string, { mostBytes = Infinity }: OpenOptions = {}) {
  const content = await readBytes(file, mostBytes)
  async function* chunks() {
    yield content
  }
  return { chunks: chunks(), size: content.length }
}

export async function readBytes(file: string, mostBytes: number): Promise<Uint8Array> {
  const content = contentOf(file)
  if (content === undefined) {
    const problem = 'there is no such file or folder'
    throw new KairosError('NO_FILE', problem, { file }, 'add it together with the file that names it')
  }
  if (content.length > mostBytes) {
    const problem = `has more than ${mostBytes / 2 ** 20} MiB`
    throw new KairosError('TOO_LARGE', problem, { file }, 'is this the right file?')
  }
  return content
}
