/** What the page asks, and how it is written as a command, as files and as a link. */
import type { Batching, Space, Workload } from '../core.ts'
import { type PageInput, plainWorkload, workloadOf } from '../report/page/question.ts'
import { configurationText } from '../report/phrases.ts'
import type { Question } from './protocol.ts'

export interface State extends Question {
  /** The name of the shipped workload whose table and mix are used. */
  readonly shipped?: string | undefined
  /** The space that came with the page, to tell whether it was changed. */
  readonly givenSpace?: Space | undefined
}

type Parts = Omit<Question, 'workload'>

/** What is asked beside the workload. */
function partsOf({ space, topN, targetQps, spare, pareto, counts }: Parts): Parts {
  return { space, topN, targetQps, spare, pareto, counts }
}

export function stateOf(input: PageInput): State {
  return { workload: workloadOf(input.workload), ...partsOf(input) }
}

/** The command that gives the same rows. Tables and spaces of one's own are named as the downloads are. */
export function commandOf(state: State): string {
  const { shipped, workload, space, givenSpace, topN, targetQps, spare, pareto } = state
  const words = ['kairos-wasm', 'allocate']
  if (shipped === undefined) words.push('-w', 'workload.json')
  else words.push('--model', shipped)
  if (shipped === undefined || !sameTypes(space, givenSpace)) words.push('-s', 'space.json')
  words.push('--qos-ms', String(workload.qosMs), '--percentile', String(workload.percentile))
  words.push('--budget', String(space.budgetPerHour), '--top-n', String(topN))
  if (targetQps !== undefined) {
    words.push('--target-qps', String(targetQps))
    if (spare) words.push('--spare', String(spare))
  } else if (pareto) words.push('--pareto')
  // a workload of one's own says it in its file
  const maxBatch = workload.batching?.maxBatch
  if (shipped !== undefined && maxBatch !== undefined) words.push('--max-batch', String(maxBatch))
  return words.join(' ')
}

/**
 * Whether a workload has the latency table and the mix of a shipped one; its target may differ, and it may batch up to one
 * size for all types.
 */
export function hasSameTables(own: Workload, shipped: Workload): boolean {
  if (typeof (own.batching?.maxBatch ?? 0) !== 'number') return false
  const tablesOf = (workload: Workload) => {
    const { latency, mix } = plainWorkload(workload)
    return JSON.stringify({ latency, mix })
  }
  return tablesOf(own) === tablesOf(shipped)
}

function sameTypes(space: Space, given: Space | undefined): boolean {
  return JSON.stringify(space.types) === JSON.stringify(given?.types)
}

/** The longest fragment: mail and chat programs cut longer links. */
const LONGEST_LINK = 8000

/** What a link carries: a shipped workload by its name, one's own with its tables. */
interface Linked extends Omit<PageInput, 'workload' | 'live'> {
  readonly shipped?: string | undefined
  readonly workload?: PageInput['workload']
  readonly qosMs?: number
  readonly percentile?: number
  readonly batching?: Batching | undefined
}

/** The fragment of a link to this question; nothing where the inputs are too large for one. */
export async function fragmentOf(state: State): Promise<string | undefined> {
  const { shipped, workload } = state
  const { qosMs, percentile, batching } = workload
  const own =
    shipped === undefined ? { workload: plainWorkload(workload) } : { shipped, qosMs, percentile, batching }
  const linked: Linked = { ...own, ...partsOf(state) }
  const bytes = await through(
    new CompressionStream('deflate-raw'),
    new TextEncoder().encode(JSON.stringify(linked)),
  )
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  const fragment = `#q=${btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`
  return fragment.length > LONGEST_LINK ? undefined : fragment
}

/**
 * The question of a fragment; nothing where it has none.
 *
 * @throws Error where it is damaged
 */
export async function stateOfFragment(
  fragment: string,
  readShipped: (name: string) => Promise<{ workload: Workload; space: Space }>,
): Promise<State | undefined> {
  if (!fragment.startsWith('#q=')) return undefined
  const base64 = fragment.slice(3).replaceAll('-', '+').replaceAll('_', '/')
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const text = new TextDecoder().decode(await through(new DecompressionStream('deflate-raw'), packed))
  const linked = JSON.parse(text) as Linked
  const { shipped, workload, qosMs, percentile, batching } = linked
  const rest = partsOf(linked)
  if (workload) return { workload: workloadOf(workload), ...rest }
  const { workload: named, space: givenSpace } = await readShipped(String(shipped))
  const target = { qosMs: qosMs ?? named.qosMs, percentile: percentile ?? named.percentile }
  return { workload: { ...named, ...target, ...(batching && { batching }) }, ...rest, shipped, givenSpace }
}

async function through(stream: CompressionStream | DecompressionStream, bytes: Uint8Array<ArrayBuffer>) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer())
}

/** The configuration that a text of the page names, in the order of the space. */
export function countsOf({ types }: Space, text: string): number[] | undefined {
  const counts = types.map(() => 0)
  for (const part of text.split(',')) {
    const at = part.lastIndexOf('=')
    const t = types.findIndex(({ name }) => name === part.slice(0, at))
    if (t < 0) return undefined
    counts[t] = Number(part.slice(at + 1))
  }
  return counts
}

export function nameOf({ space, counts }: Question): string | undefined {
  return (
    counts &&
    configurationText(
      space.types.map(({ name }) => name),
      counts,
    )
  )
}
