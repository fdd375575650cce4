import { KairosError } from '../../../model/errors.ts'
import { MEAN_MS, QUANTILE_MS } from '../../../model/workload/latency-table.ts'
import { parsedText } from '../../io/json-words.ts'

/** `<type>/<model>_<batch>_1.json` holds inference times, the same below `logs_load/` load times. */
const MEASUREMENT = /(?:^|\/)(logs_load\/)?([\w-][\w.-]*)\/([\w-][\w.-]*)_([1-9]\d*)_1\.json$/

/** The fewest samples of a measurement: the largest one is dropped, and the others give the tail. */
const LEAST_SAMPLES = 10

/** The model, instance type and batch size that were measured. */
export interface Subject {
  readonly model: string
  readonly type: string
  readonly batch: number
}

interface Measurement extends Subject {
  readonly timesMs: Float64Array
}

/** Measurements by their paths, from the folder that contains the folders of the types. */
export type Measured = Map<string, Measurement>

/** Whether a path is that of a measurement. */
export function isMeasurement(name: string): boolean {
  return MEASUREMENT.test(name)
}

/** Adds a measurement file. @throws KairosError BAD_ARCHIVE where it occurs twice or is not a list of times */
export function addMeasurement(measured: Measured, source: string, name: string, text: string): void {
  const [, load = '', type, model, digits] = MEASUREMENT.exec(name)!
  const subject = { model, type, batch: Number(digits) }
  const key = load + keyOf(subject)
  if (measured.has(key)) refuse(source, name, `${key} is there twice`, 'keep one of them')
  measured.set(key, { ...subject, timesMs: timesOf(source, name, text, load !== '') })
}

/** Inference and load times. @throws KairosError BAD_ARCHIVE where one is missing or they do not pair up */
export function pairOf(
  measured: Measured,
  source: string,
  subject: Subject,
): [inferenceMs: Float64Array, loadMs: Float64Array] {
  const key = keyOf(subject)
  const [inference, load] = [key, `logs_load/${key}`].map((path) => {
    const cure = 'expected every type for every model and batch size, the same below logs_load/'
    return measured.get(path)?.timesMs ?? refuse(source, path, 'is missing', cure)
  })
  if (inference.length !== load.length) {
    const problem = `has ${inference.length} samples, but ${load.length} below logs_load/`
    refuse(source, key, problem, 'they are added position by position: expected as many')
  }
  return [inference, load]
}

function keyOf({ type, model, batch }: Subject): string {
  return `${type}/${model}_${batch}_1.json`
}

function timesOf(source: string, name: string, text: string, mayBeZero: boolean): Float64Array {
  const expected = 'expected a list of times in ms'
  let values: unknown
  try {
    // editors of Windows begin a file with a byte order mark
    values = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    refuse(source, name, `is not JSON: ${(error as Error).message}`, expected)
  }
  if (!Array.isArray(values)) return refuse(source, name, 'is not a list', expected)
  const time = mayBeZero ? QUANTILE_MS : MEAN_MS
  const odd = values.findIndex((ms) => !(typeof ms === 'number' && time.isValid(ms)))
  if (odd >= 0) {
    const shown = parsedText(values[odd]).slice(0, 40)
    refuse(source, name, `sample ${odd + 1} is ${shown}`, `expected ${time.expected}`)
  }
  if (values.length < LEAST_SAMPLES) {
    refuse(source, name, `has ${values.length} samples`, `expected ${LEAST_SAMPLES} or more`)
  }
  return Float64Array.from(values as number[])
}

function refuse(source: string, name: string, problem: string, cure: string): never {
  throw new KairosError('BAD_ARCHIVE', problem, { file: source, field: name }, cure)
}
