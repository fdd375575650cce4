import { KairosError } from '../../model/errors.ts'
import { nearest } from '../../model/nearest.ts'
import { checkSpace, type Space } from '../../model/space.ts'
import { findDocument } from '../io/shipped.ts'
import { readCatalog } from '../tables/catalog.ts'
import { checkDocument, type Document, openDocument, placeOf } from './document.ts'
import type { Documents } from './schemas.ts'
import type { Path } from './yaml.ts'

/** Options of `readSpace`. */
export interface ReadSpaceOptions {
  /** Prices per hour of types that have none in the file; without it the shipped catalog. */
  readonly catalog?: ReadonlyMap<string, number>
  /** The only types that the space may have, such as those of the latency table. */
  readonly knownTypes?: readonly string[]
}

/** A document of one of the two formats, and where in it the fields of a space are. */
interface Source {
  readonly document: Document
  readonly space: Documents['space']
  readonly pathOf: (field: Path) => Path
}

/**
 * Reads `{ types: [{ name, min?, max, pricePerHour?, base? }], budgetPerHour }` or the published
 * `{ ins_types, max_num, price, cost }`, in JSON or YAML; a bare name such as `hpdc23` is a shipped space.
 *
 * @throws KairosError BAD_USAGE for a name that is not shipped; NO_FILE, BAD_FILE; BAD_MODEL and TOO_LARGE
 * as `checkSpace`; BAD_MODEL for a type that is none of `knownTypes`, with the nearest
 */
export async function readSpace(pathOrName: string, options: ReadSpaceOptions = {}): Promise<Space> {
  const { path, shipped } = await findDocument('spaces', pathOrName)
  const document = await openDocument(path)
  const source = await readSource(document, shipped)
  const { types, budgetPerHour } = source.space
  const { knownTypes } = options
  const unknown = knownTypes ? types.findIndex(({ name }) => !knownTypes.includes(name)) : -1
  if (knownTypes && unknown >= 0) throw await unknownType(source, unknown, knownTypes)
  const isPriced = types.every(({ pricePerHour }) => pricePerHour !== undefined)
  const catalog = options.catalog ?? (isPriced ? new Map<string, number>() : await readCatalog())
  const space = {
    types: types.map(({ name, min = 0, max, pricePerHour = catalog.get(name), base = false }) => {
      return { name, min, max, pricePerHour: pricePerHour ?? Number.NaN, base }
    }),
    budgetPerHour,
  }
  const unpriced = space.types.findIndex(({ pricePerHour }) => Number.isNaN(pricePerHour))
  if (unpriced >= 0) throw await withoutPrice(source, unpriced, catalog)
  try {
    checkSpace(space)
  } catch (error) {
    if (!(error instanceof KairosError)) throw error
    throw error.at(await placeOf(document, source.pathOf(pathFrom(error.place.field))))
  }
  return space
}

async function readSource(document: Document, shipped: boolean): Promise<Source> {
  const { value } = document
  if (typeof value === 'object' && value !== null && 'ins_types' in value) return readPublished(document)
  // the tests check what is shipped; loading zod would take longer than all the rest
  const space = shipped ? (value as Documents['space']) : await checkDocument(document, 'space')
  return { document, space, pathOf: (field) => field }
}

async function readPublished(document: Document): Promise<Source> {
  const published = await checkDocument(document, 'instance')
  const { ins_types: names, max_num: max, price, cost } = published
  for (const [key, list] of Object.entries({ max_num: max, price })) {
    if (list === undefined || list.length === names.length) continue
    const place = await placeOf(document, [key])
    throw new KairosError(
      'BAD_FILE',
      `has ${list.length} values for ${names.length} ins_types`,
      place,
      'expected one for each',
    )
  }
  const types = names.map((name, t) => ({ name, max: max[t], ...(price && { pricePerHour: price[t] }) }))
  const lists: Record<string, string> = { name: 'ins_types', max: 'max_num', pricePerHour: 'price' }
  return {
    document,
    space: { types, budgetPerHour: cost },
    pathOf: ([first, type, field]) => {
      if (first === 'budgetPerHour') return ['cost']
      return type === undefined ? ['ins_types'] : [lists[String(field)] ?? 'max_num', type]
    },
  }
}

async function unknownType(
  { document, space, pathOf }: Source,
  type: number,
  known: readonly string[],
): Promise<KairosError> {
  const { name } = space.types[type]
  const meant = nearest(name, known)
  return new KairosError(
    'BAD_MODEL',
    `the latency table has no instance type "${name}"`,
    await placeOf(document, pathOf(['types', type, 'name'])),
    `${meant ? `did you mean "${meant}"? It` : 'it'} has ${known.join(', ')}`,
  )
}

async function withoutPrice(
  { document, space, pathOf }: Source,
  type: number,
  catalog: ReadonlyMap<string, number>,
): Promise<KairosError> {
  const { name } = space.types[type]
  const meant = nearest(name, catalog.keys())
  return new KairosError(
    'BAD_MODEL',
    `is missing for ${name}, and the catalog has no such type`,
    await placeOf(document, pathOf(['types', type, 'pricePerHour'])),
    `${meant ? `did you mean "${meant}"? Otherwise ` : ''}give a price in dollars per hour here or in the catalog`,
  )
}

/** types[2].max as a path. */
function pathFrom(field = ''): Path {
  const parts = field.match(/[^.[\]]+/g) ?? []
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}
