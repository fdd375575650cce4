import { columnOf, numberAt, readCsv, refuseCell, textAt } from '../io/csv.ts'
import { shippedPath } from '../io/shipped.ts'

const HEADER = 'instance_type,price_per_hour'

/**
 * Prices in dollars per hour by instance type, from `instance_type,price_per_hour` or the published
 * price.csv, `instance,price`; without a path the shipped catalog.
 *
 * @throws KairosError NO_FILE, BAD_FILE
 */
export async function readCatalog(path = shippedPath('catalog.csv')): Promise<Map<string, number>> {
  const csv = await readCsv(path)
  const published = csv.header.includes('instance') && csv.header.includes('price')
  const nameColumn = columnOf(csv, published ? 'instance' : 'instance_type', HEADER)
  const priceColumn = columnOf(csv, published ? 'price' : 'price_per_hour', HEADER)
  const prices = new Map<string, number>()
  for (const row of csv.rows) {
    const name = textAt(csv, row, nameColumn, 'the name of an instance type')
    if (prices.has(name)) refuseCell(csv, row, nameColumn, `"${name}" is listed twice`, 'each type once')
    const price = numberAt(csv, row, priceColumn, (value) => value > 0, 'a price in dollars per hour > 0')
    prices.set(name, price)
  }
  return prices
}
