import { objectOf } from '../io/json-values.ts'
import { checkDocument, type Document, type Fields } from './document.ts'
import { checkOnePerType } from './one-per-type.ts'
import type { Path } from './yaml.ts'

export const instanceSchema = ({ count, list, object, positive, typeNames }: Fields) =>
  object(
    {
      ins_types: typeNames(),
      max_num: list(count('the largest count, a whole number >= 0'), 'a list of largest counts'),
      price: list(positive('a price in dollars per hour > 0'), 'a list of prices').optional(),
      cost: positive('a budget in dollars per hour > 0'),
    },
    'a published space: an object with ins_types, max_num, price and cost',
  )

/** The fields of a space in the published instance.json: lists with one entry per type. */
const LISTS: Readonly<Record<string, string>> = { name: 'ins_types', max: 'max_num', pricePerHour: 'price' }

/** Whether a document is a published instance.json rather than a space of ours. */
export function isInstance({ value }: Document): boolean {
  return Object.hasOwn(objectOf(value) ?? {}, 'ins_types')
}

/**
 * Reads the space of a published instance.json, `{ ins_types, max_num, price?, cost }`.
 *
 * @throws KairosError BAD_FILE
 */
export async function readInstance(document: Document) {
  const { ins_types: names, max_num: max, price, cost } = await checkDocument(document, instanceSchema)
  for (const [key, list] of Object.entries({ max_num: max, price })) {
    if (list !== undefined) await checkOnePerType(document, [key], list, names)
  }
  return {
    types: names.map((name, t) => ({ name, max: max[t], ...(price && { pricePerHour: price[t] }) })),
    budgetPerHour: cost,
  }
}

/** The path in an instance.json of a field of the space that it describes. */
export function pathInInstance([first, type, field]: Path): Path {
  if (first === 'budgetPerHour') return ['cost']
  return type === undefined ? ['ins_types'] : [LISTS[String(field)] ?? 'max_num', type]
}
