import { checkGiven, isMap, type OptionNames, valueText } from '../../model/checks.ts'
import { KairosError, refuseUsage } from '../../model/errors.ts'
import { slotsFault } from '../../model/fleet/concurrency.ts'
import { checkSpace, type Space } from '../../model/fleet/space.ts'
import { nearest } from '../../model/nearest.ts'
import type { LatencyTable } from '../../model/workload/latency-table.ts'
import { readCatalog } from '../tables/catalog.ts'
import { type Checked, checkDocument, type Fields, openDocument, placeOf } from './document.ts'
import { findDocument } from './find-document.ts'
import { isInstance, pathInInstance, readInstance } from './instance.ts'
import type { Path } from './yaml.ts'

export const spaceSchema = ({ count, flag, list, object, positive, slots, typeName }: Fields) =>
  object(
    {
      types: list(
        object(
          {
            name: typeName(),
            min: count('the smallest count, a whole number >= 0').optional(),
            max: count('the largest count, a whole number >= 0'),
            pricePerHour: positive('a price in dollars per hour > 0').optional(),
            slots: slots('the requests that an instance serves at the same time').optional(),
            base: flag('true or false: whether this is the base type of the closed form').optional(),
          },
          'an instance type: an object with name and max, and optionally min, pricePerHour, slots and base',
        ),
        'a list of instance types',
      ),
      budgetPerHour: positive('a budget in dollars per hour > 0'),
    },
    'a space: an object with types and budgetPerHour',
  )

/** Options of `readSpace`. */
export interface ReadSpaceOptions {
  /** Prices per hour of types that have none in the file; the shipped catalog by default. */
  readonly catalog?: ReadonlyMap<string, number> | undefined
  /** The only types that the space may have, such as those of the latency table. */
  readonly knownTypes?: readonly string[] | undefined
  /** A latency table, whose times must be those at the slots of each type where it says its concurrency. */
  readonly latency?: Pick<LatencyTable, 'types' | 'concurrency'> | undefined
}

const OPTIONS: OptionNames<ReadSpaceOptions> = { catalog: true, knownTypes: true, latency: true }

/**
 * Reads `{ types: [{ name, min?, max, pricePerHour?, slots?, base? }], budgetPerHour }` or a published instance.json,
 * in JSON or YAML. A bare name such as `hpdc23` is a shipped space.
 *
 * @throws KairosError BAD_USAGE for a name that is not shipped; NO_FILE, BAD_FILE; BAD_MODEL and TOO_LARGE
 * as `checkSpace`; BAD_MODEL for a type that is not one of `knownTypes`, and for slots that do not fit `latency`
 */
export async function readSpace(pathOrName: string, options: ReadSpaceOptions = {}): Promise<Space> {
  checkGiven(options, OPTIONS)
  const { catalog: prices } = options
  if (prices !== undefined && !isMap(prices)) {
    const cure = 'a Map from types to prices, as of readCatalog, is expected'
    refuseUsage('catalog', `is ${valueText(prices)}`, cure)
  }
  const { path, shipped } = await findDocument('spaces', pathOrName)
  const document = await openDocument(path)
  const isPublished = isInstance(document)
  const placeOfField = (field: Path) => placeOf(document, isPublished ? pathInInstance(field) : field)
  let source: Checked<typeof spaceSchema>
  if (isPublished) source = await readInstance(document)
  // the tests check the shipped spaces; loading zod would take longer than all the rest
  else if (shipped) source = document.value as typeof source
  else source = await checkDocument(document, spaceSchema)
  const { types, budgetPerHour } = source
  const { knownTypes, latency } = options
  const unknown = knownTypes ? types.findIndex(({ name }) => !knownTypes.includes(name)) : -1
  if (knownTypes && unknown >= 0) {
    throw unknownType(types[unknown].name, knownTypes).at(await placeOfField(['types', unknown, 'name']))
  }
  const isPriced = types.every(({ pricePerHour }) => pricePerHour !== undefined)
  const catalog = options.catalog ?? (isPriced ? new Map<string, number>() : await readCatalog())
  const space = {
    types: types.map(({ name, min = 0, max, pricePerHour = catalog.get(name), slots, base = false }) => {
      const priced = { name, min, max, pricePerHour: pricePerHour ?? Number.NaN }
      return { ...priced, ...(slots !== undefined && { slots }), base }
    }),
    budgetPerHour,
  }
  const unpriced = space.types.findIndex(({ pricePerHour }) => Number.isNaN(pricePerHour))
  if (unpriced >= 0) {
    const place = await placeOfField(['types', unpriced, 'pricePerHour'])
    throw withoutPrice(types[unpriced].name, catalog).at(place)
  }
  try {
    checkSpace(space)
  } catch (error) {
    if (!(error instanceof KairosError)) throw error
    throw error.at(await placeOfField(pathOf(error.place.field)))
  }
  for (const [t, { name, slots = 1 }] of space.types.entries()) {
    const fault = latency && slotsFault(latency, name, slots)
    if (fault)
      throw new KairosError('BAD_MODEL', fault.problem, await placeOfField(['types', t, 'slots']), fault.cure)
  }
  return space
}

function unknownType(name: string, known: readonly string[]): KairosError {
  const meant = nearest(name, known)
  const cure = `${meant ? `did you mean "${meant}"? It` : 'it'} has ${known.join(', ')}`
  return new KairosError('BAD_MODEL', `the latency table has no instance type "${name}"`, {}, cure)
}

function withoutPrice(name: string, catalog: ReadonlyMap<string, number>): KairosError {
  const meant = nearest(name, catalog.keys())
  const cure = `${meant ? `did you mean "${meant}"? Otherwise ` : ''}give a price in dollars per hour here or in the catalog`
  return new KairosError('BAD_MODEL', `is missing for ${name}, and the catalog has no such type`, {}, cure)
}

/** The path of a field such as types[2].max. */
function pathOf(field = ''): Path {
  const parts = field.match(/[^.[\]]+/g) ?? []
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}
