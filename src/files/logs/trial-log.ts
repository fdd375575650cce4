import { closeSync, fstatSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KairosError } from '../../model/errors.ts'
import { diskError } from '../io/disk-error.ts'

/** Replays that are remembered: whether a trial, by a hash of its content, held at a rate. */
export interface TrialLogFile {
  /** Trials that the file holds, and those that were found in it. */
  readonly size: number
  readonly reused: number
  /** Whether the trial held; undefined if the file has no such trial. */
  find(key: string, rate: number): boolean | undefined
  /** Adds a line; it is on its way to the disk when this returns. */
  add(key: string, rate: number, holds: boolean): void
  /** Closes the file. */
  close(): void
}

/** How every line begins: a last line that was cut does too, and somebody's notes do not. */
const START = '{"trial":"'

/** Millions of trials; beyond it a text would not fit into memory. */
const MOST_BYTES = 256 << 20

/** A SHA-256 in hex. */
const KEY = /^[0-9a-f]{64}$/

/**
 * Opens a log of trials, `{"trial":"<sha256>","rate":95.3,"holds":true}` a line, made where there is none. A
 * last line that was cut is dropped: work that was ended goes on where it was. Several processes may add to
 * one log.
 *
 * @throws KairosError BAD_FILE for a line that is no trial; NO_FILE; TOO_LARGE beyond 256 MiB
 */
export async function openTrialLog(path: string): Promise<TrialLogFile> {
  if (typeof path !== 'string') {
    throw new KairosError('BAD_USAGE', `is ${path}`, { field: 'path' }, 'the path of a file is expected')
  }
  const onDisk = <Result>(work: () => Result): Result => {
    try {
      return work()
    } catch (error) {
      throw diskError(error, path)
    }
  }
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw diskError(error, path)
  })
  const file = onDisk(() => openSync(path, 'a+'))
  const known = new Map<string, boolean>()
  let reused = 0
  let closed = false
  try {
    const { size, isFile } = onDisk(() => {
      const found = fstatSync(file)
      return { size: found.size, isFile: found.isFile() }
    })
    if (!isFile) throw new KairosError('NO_FILE', 'is no file', { file: path }, 'name one, or a new one')
    if (size > MOST_BYTES) {
      const problem = `has more than ${MOST_BYTES >> 20} MiB`
      throw new KairosError('TOO_LARGE', problem, { file: path }, 'begin a new one')
    }
    const text = onDisk(() => readFileSync(path, 'utf8'))
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    whole
      .split('\n')
      .slice(0, -1)
      .forEach((line, i) => {
        const { trial, rate, holds } = trialOf(line, path, i + 1)
        known.set(nameOf(trial, rate), holds)
      })
    const cut = text.slice(whole.length)
    if (!START.startsWith(cut.slice(0, START.length))) throw noTrial(path, whole.split('\n').length)
    if (cut !== '') onDisk(() => truncateSync(path, Buffer.byteLength(whole)))
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
      onDisk(() => writeSync(file, `${JSON.stringify({ trial: key, rate, holds })}\n`))
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
    const { trial, rate, holds } = JSON.parse(line)
    if (KEY.test(trial) && Number.isFinite(rate) && rate > 0 && typeof holds === 'boolean') {
      return { trial, rate, holds }
    }
  } catch {
    // said below
  }
  throw noTrial(file, number)
}

function noTrial(file: string, line: number): KairosError {
  const cure = 'remove the line, or name a log of trials or a file that is not there yet'
  return new KairosError('BAD_FILE', 'is no trial', { file, line }, cure)
}
