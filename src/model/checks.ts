/** Argument checks for API callers. */
import { counted } from './counted.ts'
import { refuseModel, refuseUsage } from './errors.ts'
import { nearest } from './nearest.ts'

/** The name of every option, and which ones are true or false: the type makes the list complete. */
export type OptionNames<T> = {
  readonly [K in keyof Required<T>]: Exclude<T[K], undefined> extends boolean ? 'flag' : true
}

/**
 * @param names the options that the function has
 * @throws KairosError BAD_USAGE unless `options` is an object, for an option that the function does not have, for a
 * symbol, for a promise, and for a flag, a signal, a receiver, a queue, a host or certificates that are none
 */
export function checkGiven<T extends object>(options: T, names: OptionNames<T>): void {
  if (typeof options !== 'object' || options === null) {
    const cure = 'an object with the options of this function is expected'
    refuseUsage('options', `is ${valueText(options)}`, cure)
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (Object.hasOwn(names, name)) {
      // a comparison with a symbol throws an error of its own
      if (typeof value === 'symbol') {
        refuseUsage(name, `is ${String(value)}`, 'no option is a symbol')
      }
      if (typeof (value as { then?: unknown } | null)?.then === 'function')
        refuseUsage(name, 'is a promise', 'await it')
      checkShared(name, value, names[name as keyof T] === 'flag')
      continue
    }
    const meant = nearest(name, Object.keys(names))
    const cure = `${meant ? `did you mean "${meant}"? The` : 'the'} options are ${Object.keys(names).join(', ')}`
    refuseUsage(name, 'is no option of this function', cure)
  }
}

/** Checks the options that many functions only pass on: flags, signals, receivers, queues, hosts, certificates. */
function checkShared(name: string, value: unknown, isFlag: boolean): void {
  const refuse = (expected: string): never => {
    const found = value === null || value === '' ? JSON.stringify(value) : typeof value
    refuseUsage(name, `is ${found}`, `${expected} is expected`)
  }
  if (isFlag && typeof value !== 'boolean') refuse('true or false')
  // one of another realm, as in a test runner, is no instance of the AbortSignal here
  if ((name === 'signal' || name === 'stop') && typeof (value as AbortSignal | null)?.aborted !== 'boolean')
    refuse('an AbortSignal')
  if ((name === 'tls' || name === 'serverTls') && (typeof value !== 'object' || value === null))
    refuse('an object with the contents of PEM files')
  // a server would listen on every address of the machine for an empty one
  if ((name === 'host' || name === 'adminHost') && (typeof value !== 'string' || value === ''))
    refuse('the name or the address of a host')
  if (/^on[A-Z]/.test(name) && typeof value !== 'function') refuse('a function')
  if (name === 'jobs' && typeof (value as { submit?: unknown } | null)?.submit !== 'function')
    refuse('what openQueue returns')
}

/** A value as messages print it: a text in quotes, so that "8" differs from 8. */
export function valueText(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  try {
    return String(value)
  } catch {
    // without a toString that gives a text, or with such an item
    return 'an object'
  }
}

/** @throws KairosError BAD_USAGE unless `value` is a whole number from `least` to `most` */
export function checkWhole(
  field: string,
  value: number,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  const range = most === Number.MAX_SAFE_INTEGER ? `>= ${least}` : `from ${least} to ${most}`
  refuseUsage(field, `is ${valueText(value)}`, `a whole number ${range} is expected`)
}

/** @throws KairosError BAD_MODEL unless `names` is a list of texts */
export function checkNames(field: string, names: readonly string[]): void {
  if (!Array.isArray(names)) refuseModel(field, `is ${valueText(names)}`, 'a list of names is expected')
  // a list of entries has missing names too
  for (const [i, name] of names.entries()) {
    if (typeof name !== 'string') refuseModel(`${field}[${i}]`, `is ${valueText(name)}`, 'a name is expected')
  }
}

/** @throws KairosError BAD_MODEL unless `names` is a list of the names of types, each of them once */
export function checkTypeNames(field: string, names: readonly string[]): void {
  checkNames(field, names)
  const double = names.findIndex((name, t) => names.indexOf(name) < t)
  if (double < 0) return
  refuseModel(`${field}[${double}]`, `"${names[double]}" is listed twice`, 'list each type once')
}

/** @throws KairosError BAD_MODEL unless `numbers` is a list with one for each type */
export function checkOneEach(field: string, numbers: readonly number[], types: readonly string[]): void {
  const isList = Array.isArray(numbers)
  if (isList && numbers.length === types.length) return
  const problem = isList ? `has ${counted(numbers.length, 'number')}` : `is ${valueText(numbers)}`
  refuseModel(field, problem, `one for each of ${types.join(', ')} is expected`)
}

/** @throws KairosError BAD_USAGE unless the path of a file is a text */
export function checkPath(path: unknown): void {
  if (typeof path === 'string') return
  refuseUsage('path', `is ${valueText(path)}`, 'the path of a file is expected')
}

/** The most types of a space, and of a fluid program. Kernels size their blocks by it. */
export const MAX_TYPES = 16

/** The most threads that a function may be told to use. */
export const MOST_THREADS = 1024

/** The longest delay of a timer, ms: 24 days. */
export const LONGEST_MS = 2 ** 31 - 1

/** @throws KairosError BAD_USAGE unless `value` is a time from `least` ms that a timer can wait */
export function checkMs(field: string, value: number, least: number): void {
  if (typeof value === 'number' && value >= least && value <= LONGEST_MS) return
  const cure = `a number of milliseconds from ${least} to ${LONGEST_MS} is expected`
  refuseUsage(field, `is ${valueText(value)}`, cure)
}

/** @throws KairosError BAD_USAGE unless `timeLimitMs` is a number above 0, Infinity for no limit */
export function checkTimeLimit(timeLimitMs: number): void {
  if (typeof timeLimitMs === 'number' && timeLimitMs > 0) return
  refuseUsage('timeLimitMs', `is ${valueText(timeLimitMs)}`, 'expected a time > 0')
}

/** @throws KairosError BAD_USAGE unless `value` is one of the choices */
export function checkChoice(field: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return
  refuseUsage(field, `is ${valueText(value)}`, `it is one of ${choices.join(', ')}`)
}

/** Whether a value is a Float64Array, also of another realm: a test runner has globals of its own. */
export function isDoubles(value: unknown): value is Float64Array {
  return isArrayOf('Float64Array', value)
}

function isArrayOf(kind: string, value: unknown): boolean {
  return Object.prototype.toString.call(value) === `[object ${kind}]` && ArrayBuffer.isView(value)
}

/** @throws KairosError BAD_MODEL unless `value` is a Float64Array: a kernel reads nothing else */
export function checkDoubles(field: string, value: unknown): void {
  if (isDoubles(value)) return
  const cure = 'a Float64Array is expected: Float64Array.from(list) makes one from a list of numbers'
  refuseModel(field, 'is no Float64Array', cure)
}

/** The kind of some columns of an object, by their names. */
type ColumnKinds<T> = { readonly [K in keyof T]?: 'Float64Array' | 'Int32Array' }

/**
 * Checks columns that are read row by row: one that is missing or shorter would give rows of `undefined`.
 *
 * @param cure what is expected instead of `owner`
 * @throws KairosError BAD_MODEL unless each column is a typed array of its kind, all of one length
 */
export function checkColumns<T extends object>(
  field: string,
  owner: T,
  kinds: ColumnKinds<T>,
  cure: string,
): void {
  let length: number | undefined
  for (const [name, kind] of Object.entries<string>(kinds as Record<string, string>)) {
    const column = owner?.[name as keyof T] as Float64Array
    if (!isArrayOf(kind, column)) refuseModel(`${field}.${name}`, `is no ${kind}`, cure)
    length ??= column.length
    if (column.length === length) continue
    refuseModel(`${field}.${name}`, `has ${column.length} rows, and the columns before it ${length}`, cure)
  }
}

/** Whether a value is a Map, also of another realm. */
export function isMap(value: unknown): value is ReadonlyMap<unknown, unknown> {
  return Object.prototype.toString.call(value) === '[object Map]'
}
