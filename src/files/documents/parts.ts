/**
 * The folder of a ranking in parts: `question.json` and `part-00003-of-00016.json`. Numbers are written as the base64
 * of little-endian doubles: exact, and fast to read.
 */
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkPath, isDoubles } from '../../model/checks.ts'
import { digestOf } from '../../model/digest.ts'
import { KairosError } from '../../model/errors.ts'
import { checkSpace } from '../../model/fleet/space.ts'
import { checkRankingPart, type RankingPart, type RankingQuestion } from '../../model/results/ranking-part.ts'
import { checkWorkload } from '../../model/workload/workload.ts'
import { throwDiskError } from '../io/disk-error.ts'
import { readText } from '../io/text.ts'
import { writeAtomically } from '../io/write.ts'

const QUESTION = 'question.json'
const PART = /^part-(\d+)-of-(\d+)\.json$/

/** A question has a latency table, a part up to a million rows. */
const MOST_BYTES = 64 << 20

const QUESTION_FORMAT = 'kairos-wasm ranking question 1'
const PART_FORMAT = 'kairos-wasm ranking part 2'

/** A question as text. It has its own digest, so that a changed file is found. */
export function questionText(question: RankingQuestion): string {
  const document = { format: QUESTION_FORMAT, digest: digestOf(question), question }
  const text = JSON.stringify(document, (_, value) =>
    isDoubles(value) ? { doubles: base64Of(value) } : value,
  )
  return `${text}\n`
}

function checkQuestion(question: RankingQuestion): void {
  checkWorkload(question?.workload)
  checkSpace(question?.space)
}

/** @throws KairosError NO_FILE; BAD_FILE for a file that is no question, or was changed */
export async function readRankingQuestion(file: string): Promise<RankingQuestion> {
  const document = await parsed(file, QUESTION_FORMAT, 'question of a ranking')
  const question = document.question as RankingQuestion
  try {
    checkQuestion(question)
    if (digestOf(question) === document.digest) return question
  } catch {
    // refused below
  }
  throw new KairosError('BAD_FILE', 'was changed after it was written', { file }, 'write it again')
}

/**
 * Writes a part and, where it is missing, the question. A reader never sees a half of either.
 *
 * @throws KairosError BAD_MODEL for what is no question or part; BAD_FILE for a folder of another question; NO_FILE
 */
export async function writePart(
  folder: string,
  question: RankingQuestion,
  part: RankingPart,
): Promise<string> {
  checkPath(folder)
  checkQuestion(question)
  checkRankingPart(part)
  const path = join(folder, QUESTION)
  const text = questionText(question)
  const existing = await readText(path, MOST_BYTES).catch((error) => {
    if (error.code !== 'NO_FILE') throw error
  })
  if (existing !== undefined && existing !== text) {
    const cure = 'use a folder for each ranking, and one version for all of its parts'
    throw new KairosError('BAD_FILE', 'is another question', { file: path }, cure)
  }
  if (existing === undefined) await writeAtomically(path, text)
  const { question: digest, shard, withinBudget, feasible, bound, cost, number } = part
  const { index, count } = shard
  const digits = (n: number) => String(n).padStart(5, '0')
  const file = join(folder, `part-${digits(index)}-of-${digits(count)}.json`)
  const columns = { bound: base64Of(bound), cost: base64Of(cost), number: base64Of(number) }
  const written = { question: digest, shard: { index, count }, withinBudget, feasible, ...columns }
  const document = { format: PART_FORMAT, digest: partDigest(written), ...written }
  await writeAtomically(file, `${JSON.stringify(document)}\n`)
  return file
}

/**
 * The parts of a folder, in order of their names.
 *
 * @throws KairosError BAD_USAGE for a path that is no text; NO_FILE; BAD_FILE for a part that cannot be read
 */
export async function* readParts(folder: string): AsyncGenerator<RankingPart> {
  checkPath(folder)
  const names = await readdir(folder).catch(throwDiskError(folder))
  for (const name of names.filter((each) => PART.test(each)).sort()) yield readPart(join(folder, name))
}

/** @throws KairosError NO_FILE where the folder has no question; as `readRankingQuestion` */
export async function readFolderQuestion(folder: string): Promise<RankingQuestion> {
  checkPath(folder)
  try {
    return await readRankingQuestion(join(folder, QUESTION))
  } catch (error) {
    if (!(error instanceof KairosError && error.code === 'NO_FILE')) throw error
    const { code } = error.cause as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    const cure = 'name a folder that allocate --shard has written parts to'
    throw new KairosError(error.code, error.problem, error.place, cure, { cause: error.cause })
  }
}

/** A part as it is written: columns as base64. */
type WrittenPart = Omit<RankingPart, 'bound' | 'cost' | 'number'> &
  Record<'bound' | 'cost' | 'number', string>

/** The SHA-256 of what a part says, so that a changed file is found. */
function partDigest({ question, shard, withinBudget, feasible, bound, cost, number }: WrittenPart): string {
  const said = [question, shard.index, shard.count, withinBudget, feasible, bound, cost, number]
  return createHash('sha256').update(said.join('\n')).digest('hex')
}

async function readPart(file: string): Promise<RankingPart> {
  const document = await parsed(file, PART_FORMAT, 'part of a ranking')
  const { question, shard, withinBudget, feasible, ...columns } = document as unknown as RankingPart
  const [bound, cost, number] = [columns.bound, columns.cost, columns.number].map((text) =>
    doublesOf(text, file),
  )
  const part = { question, shard, withinBudget, feasible, bound, cost, number }
  try {
    checkRankingPart(part)
  } catch {
    throw broken(file, 'part of a ranking')
  }
  if (partDigest(document as unknown as WrittenPart) !== document.digest) {
    const cure = 'write it again with allocate --shard'
    throw new KairosError('BAD_FILE', 'was changed after it was written', { file }, cure)
  }
  return part
}

async function parsed(file: string, format: string, what: string): Promise<Record<string, unknown>> {
  const text = await readText(file, MOST_BYTES)
  try {
    const document = JSON.parse(text, (_, value) =>
      typeof value?.doubles === 'string' ? doublesOf(value.doubles, file) : value,
    )
    if (document?.format === format) return document
  } catch {
    // refused below
  }
  throw broken(file, what)
}

function broken(file: string, what: string): KairosError {
  return new KairosError('BAD_FILE', `is no ${what}`, { file }, 'write it again with allocate --shard')
}

function base64Of(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
}

function doublesOf(text: unknown, file: string): Float64Array {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : undefined
  if (bytes === undefined || bytes.length % 8 !== 0) throw broken(file, 'part of a ranking')
  const values = new Float64Array(bytes.length / 8)
  new Uint8Array(values.buffer).set(bytes)
  return values
}
