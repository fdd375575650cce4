import { shippedPath } from '../io/shipped.ts'
import { columnOf, numberAt, readTable, refused, typeAt } from './table.ts'

const HEADER = 'instance_type,price_per_hour; kairos-wasm catalog makes one from a price list of a cloud'

/**
 * Reads prices in dollars per hour by instance type, from `instance_type,price_per_hour` or the published price.csv,
 * `instance,price`. Without a path it reads the shipped catalog.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readCatalog(path = shippedPath('catalog.csv')): Promise<Map<string, number>> {
  const table = await readTable(path)
  const isPublished = table.header.includes('instance') && table.header.includes('price')
  const nameColumn = columnOf(table, isPublished ? 'instance' : 'instance_type', HEADER)
  const priceColumn = columnOf(table, isPublished ? 'price' : 'price_per_hour', HEADER)
  const prices = new Map<string, number>()
  for (const row of table.rows) {
    const name = typeAt(table, row, nameColumn)
    if (prices.has(name)) throw refused(table, row, nameColumn, `"${name}" is listed twice`, 'each type once')
    const price = numberAt(table, row, priceColumn, (value) => value > 0, 'a price in dollars per hour > 0')
    prices.set(name, price)
  }
  return prices
}
