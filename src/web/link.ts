/** The question as a link: the fragment of the address, which browsers do not send. */
import type { Batching, Space, Workload } from '../core.ts'
import { type PageInput, plainWorkload, workloadOf } from '../report/page/question.ts'
import { partsOf, type State } from './state.ts'

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
  const linked = checkedLink(JSON.parse(text))
  const { shipped, workload, qosMs, percentile, batching } = linked
  const rest = partsOf(linked)
  if (workload) return { workload: workloadOf(workload), ...rest }
  const { workload: named, space: givenSpace } = await readShipped(String(shipped))
  const target = { qosMs: qosMs ?? named.qosMs, percentile: percentile ?? named.percentile }
  const asked = { ...named, ...target, ...(batching && { batching }) }
  // a command has one largest batch for all types: with one by type the workload is one's own
  const own = typeof (batching?.maxBatch ?? 0) === 'number' ? { shipped, givenSpace } : {}
  return { workload: asked, ...rest, ...own }
}

/**
 * Whether a link has the shape of a question: the engine checks the values.
 *
 * @throws Error where it has not
 */
function checkedLink(value: unknown): Linked {
  const { space, topN, targetQps, spare, counts, batching, workload } = (value ?? {}) as Partial<Linked>
  const isNumber = (number: unknown) => typeof number === 'number'
  const isShaped =
    Array.isArray(space?.types) &&
    space.types.every((type) => typeof type?.name === 'string' && isNumber(type.max)) &&
    isNumber(space.budgetPerHour) &&
    [topN ?? 0, targetQps ?? 0, spare ?? 0].every(isNumber) &&
    [batching, workload?.batching].every((given) => given === undefined || isBatching(given)) &&
    (counts === undefined ||
      (Array.isArray(counts) && counts.length === space.types.length && counts.every(isNumber)))
  if (!isShaped) throw new Error('the link has no question')
  return value as Linked
}

/** Whether a value has one largest batch, or one by type. */
function isBatching(value: unknown): boolean {
  const maxBatch: unknown = (value as Partial<Batching> | null)?.maxBatch
  const sizes = typeof maxBatch === 'object' && maxBatch !== null ? Object.values(maxBatch) : [maxBatch]
  return sizes.every((size) => typeof size === 'number')
}

async function through(stream: CompressionStream | DecompressionStream, bytes: Uint8Array<ArrayBuffer>) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer())
}
