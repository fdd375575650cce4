import { appendFileSync, closeSync, fstatSync, openSync, readFileSync, truncateSync } from 'node:fs'
import { dirname } from 'node:path'
import { checkPath } from '../../model/checks.ts'
import { KairosError } from '../../model/errors.ts'
import { diskError, throwDiskError } from '../io/disk-error.ts'
import { makeFolder } from '../io/write.ts'

/** A log of replays: whether a trial, named by a hash of its content, met the target at a rate. */
export interface TrialLogFile {
  /** The number of trials in the log. */
  readonly size: number
  /** The number of trials that `find` found. */
  readonly reused: number
  /** Whether the trial held; undefined if the file has no such trial. */
  find(key: string, rate: number): boolean | undefined
  /** Appends a line. The system has it when this returns. */
  add(key: string, rate: number, holds: boolean): void
  /** Closes the file. */
  close(): void
}

/** The start of every line. A last line without it was not cut off: the file is something else. */
const START = '{"trial":"'

/** Millions of trials fit. A larger text would not fit into memory. */
const MOST_BYTES = 256 << 20

/** A SHA-256 in hex. */
const KEY = /^[0-9a-f]{64}$/

/**
 * Opens a log of trials, one `{"trial":"<sha256>","rate":95.3,"holds":true}` per line, and creates it if it is missing.
 * A line that was cut off, such as by a full disk, is dropped, so that work continues: the next line stands directly
 * behind it. Several processes may append to one log.
 *
 * @throws KairosError BAD_FILE for a line that is not a trial; NO_FILE; TOO_LARGE beyond 256 MiB
 */
export async function openTrialLog(path: string): Promise<TrialLogFile> {
  checkPath(path)
  const onDisk = <Result>(work: () => Result): Result => {
    try {
      return work()
    } catch (error) {
      throw diskError(error, path)
    }
  }
  await makeFolder(dirname(path)).catch(throwDiskError(path))
  const file = onDisk(() => openSync(path, 'a+'))
  const known = new Map<string, boolean>()
  let reused = 0
  let closed = false
  try {
    const found = onDisk(() => fstatSync(file))
    if (!found.isFile()) {
      const cure = 'give the path of a file, which need not exist yet'
      throw new KairosError('NO_FILE', 'is not a file', { file: path }, cure)
    }
    if (found.size > MOST_BYTES) {
      const problem = `has more than ${MOST_BYTES >> 20} MiB`
      throw new KairosError('TOO_LARGE', problem, { file: path }, 'start a new one')
    }
    const text = onDisk(() => readFileSync(path, 'utf8'))
    const lines = text.split('\n')
    const cut = lines.pop()!
    lines.forEach((line, i) => {
      const { trial, rate, holds } = trialOf(line, path, i + 1)
      known.set(nameOf(trial, rate), holds)
    })
    if (!isCut(cut)) throw noTrial(path, lines.length + 1)
    if (cut !== '') onDisk(() => truncateSync(path, Buffer.byteLength(text) - Buffer.byteLength(cut)))
  } catch (error) {
    closeSync(file)
    throw error
  }
  return {
    get size() {
      return known.size
    },
    get reused() {
      return reused
    },
    find(key, rate) {
      const holds = known.get(nameOf(key, rate))
      if (holds !== undefined) reused++
      return holds
    },
    add(key, rate, holds) {
      if (closed) throw new KairosError('BAD_USAGE', 'is closed', { file: path }, 'open the log again')
      known.set(nameOf(key, rate), holds)
      onDisk(() => appendFileSync(file, `${JSON.stringify({ trial: key, rate, holds })}\n`))
    },
    close() {
      if (!closed) closeSync(file)
      closed = true
    },
  }
}

function nameOf(key: string, rate: number): string {
  return `${key}@${rate}`
}

function trialOf(
  line: string,
  file: string,
  number: number,
): { trial: string; rate: number; holds: boolean } {
  try {
    const start = Math.max(0, line.lastIndexOf(START))
    const { trial, rate, holds } = JSON.parse(isCut(line.slice(0, start)) ? line.slice(start) : line)
    if (KEY.test(trial) && Number.isFinite(rate) && rate > 0 && typeof holds === 'boolean') {
      return { trial, rate, holds }
    }
  } catch {
    // refused below
  }
  throw noTrial(file, number)
}

/** Whether a text, if any, begins as a line of the log does. */
function isCut(text: string): boolean {
  return START.startsWith(text.slice(0, START.length))
}

function noTrial(file: string, line: number): KairosError {
  const cure = 'remove the line, or give the path of a log of trials or of a new file'
  return new KairosError('BAD_FILE', 'is not a trial', { file, line }, cure)
}
