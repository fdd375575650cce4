/**
 * A service price list file of Amazon EC2 in JSON (AWS Billing documentation, "Reading the service price list file"):
 * `products.<sku>.attributes` and `terms.OnDemand.<sku>.<term>.priceDimensions.<rate>.pricePerUnit.USD`. The file of a
 * region has hundreds of MB, so it is read in pieces. Prices are those of Linux, shared tenancy and no software.
 */
import { KairosError } from '../../../model/errors.ts'
import { parseDecimal } from '../../io/decimal.ts'
import { type JsonPath, readJsonEntries } from '../../io/json-stream.ts'
import { objectOf } from '../../io/json-values.ts'
import { readAwsCsvPrices } from './aws-csv.ts'
import { cheapestOffers, type PriceListOptions } from './price-list.ts'

const ATTRIBUTES = {
  operatingSystem: 'Linux',
  tenancy: 'Shared',
  capacitystatus: 'Used',
  preInstalledSw: 'NA',
}

/**
 * The prices of a region, from a file in JSON, or in CSV if its name ends with .csv or .csv.gz.
 *
 * @throws KairosError NO_FILE; BAD_FILE; BAD_USAGE for a region or type that is not there
 */
export async function readAwsPrices(options: PriceListOptions): Promise<Map<string, number>> {
  const { file, types, signal, onProgress } = options
  if (/\.csv(\.gz)?$/i.test(file)) return readAwsCsvPrices(options)
  const products = new Map<string, { readonly type: string; readonly region: string }>()
  const listed = new Set<string>()
  // terms that stand before the products
  const early = new Map<string, unknown>()
  const offers = cheapestOffers()
  const addTerms = (sku: string, terms: unknown) => {
    const product = products.get(sku)
    if (product === undefined) return
    for (const term of valuesOf(terms)) {
      for (const rate of valuesOf(objectOf(term)?.priceDimensions)) {
        const { unit, pricePerUnit } = objectOf(rate) ?? {}
        const price = objectOf(pricePerUnit)?.USD
        if (unit !== 'Hrs' || price === undefined) continue
        const pricePerHour = typeof price === 'string' ? parseDecimal(price) : Number.NaN
        if (!(pricePerHour >= 0)) {
          const place = { file, field: `terms.OnDemand.${sku}` }
          const cure = 'expected a price in dollars per hour >= 0, as text'
          throw new KairosError('BAD_FILE', `has the price ${JSON.stringify(price)}`, place, cure)
        }
        if (pricePerHour > 0) offers.add({ ...product, pricePerHour })
      }
    }
  }
  let hasProducts = false
  const reading = {
    signal,
    onProgress,
    enters: (path: JsonPath) => ['products', 'terms', 'terms.OnDemand'].includes(path.join('.')),
    wants: ([first, second, third, ...rest]: JsonPath) =>
      (first === 'products' && second !== undefined && third === undefined) ||
      (first === 'terms' && second === 'OnDemand' && third !== undefined && rest.length === 0),
  }
  await readJsonEntries(file, reading, ([first, ...rest], value) => {
    const sku = String(rest.at(-1))
    if (first === 'products') {
      hasProducts = true
      const product = productOf(value)
      if (product === undefined) return
      listed.add(product.type)
      if (types?.includes(product.type) ?? true) products.set(sku, product)
    } else if (hasProducts) addTerms(sku, value)
    else early.set(sku, value)
  })
  for (const [sku, terms] of early) addTerms(sku, terms)
  return offers.choose(options, listed)
}

function productOf(product: unknown) {
  const attributes = objectOf(objectOf(product)?.attributes) ?? {}
  const { instanceType: type, regionCode: region } = attributes
  const fits = Object.entries(ATTRIBUTES).every(([name, value]) => attributes[name] === value)
  if (!fits || typeof type !== 'string' || typeof region !== 'string') return undefined
  return { type, region }
}

function valuesOf(value: unknown): unknown[] {
  return Object.values(objectOf(value) ?? {})
}
