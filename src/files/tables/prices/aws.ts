/**
 * A service price list file of Amazon EC2 in JSON (AWS Billing documentation, "Reading the service price list file"):
 * `products.<sku>.attributes` and `terms.OnDemand.<sku>.<term>.priceDimensions.<rate>.pricePerUnit.USD`. The file of a
 * region has hundreds of MB, so it is read in pieces. Prices are those of Linux, shared tenancy and no software.
 */
import { readJsonEntries } from '../../io/json-stream.ts'
import { readAwsCsvPrices } from './aws-csv.ts'
import { cheapestOffers, type PriceListOptions } from './price-list.ts'

interface Product {
  readonly attributes?: Readonly<Record<string, string | undefined>>
}

interface Term {
  readonly priceDimensions?: Readonly<
    Record<string, { readonly unit?: string; readonly pricePerUnit?: Readonly<Record<string, string>> }>
  >
}

const ATTRIBUTES = {
  operatingSystem: 'Linux',
  tenancy: 'Shared',
  capacitystatus: 'Used',
  preInstalledSw: 'NA',
}

/** The prices of a region, from a file in JSON, or in CSV if it is named so. @throws KairosError NO_FILE; BAD_FILE; BAD_USAGE for a region or type that is not there */
export async function readAwsPrices(options: PriceListOptions): Promise<Map<string, number>> {
  const { file, types, signal, onProgress } = options
  if (/\.csv$/i.test(file)) return readAwsCsvPrices(options)
  const products = new Map<string, { readonly type: string; readonly region: string }>()
  const early = new Map<string, Readonly<Record<string, Term>>>()
  const offers = cheapestOffers()
  const addTerms = (sku: string, terms: Readonly<Record<string, Term>>) => {
    const product = products.get(sku)
    if (product === undefined) return
    for (const { priceDimensions = {} } of Object.values(terms)) {
      for (const { unit, pricePerUnit } of Object.values(priceDimensions)) {
        const pricePerHour = Number(pricePerUnit?.USD)
        if (unit === 'Hrs' && pricePerHour > 0) offers.add({ ...product, pricePerHour })
      }
    }
  }
  let hasProducts = false
  const reading = {
    signal,
    onProgress,
    enters: (path: readonly string[]) => ['products', 'terms', 'terms.OnDemand'].includes(path.join('.')),
    wants: ([first, second, third, ...rest]: readonly string[]) =>
      (first === 'products' && second !== undefined && third === undefined) ||
      (first === 'terms' && second === 'OnDemand' && third !== undefined && rest.length === 0),
  }
  await readJsonEntries(file, reading, ([first, second, third], value) => {
    if (first === 'products') {
      hasProducts = true
      const product = productOf(value as Product, types)
      if (product) products.set(second, product)
    } else if (hasProducts) addTerms(third, value as Readonly<Record<string, Term>>)
    else early.set(third, value as Readonly<Record<string, Term>>)
  })
  for (const [sku, terms] of early) addTerms(sku, terms)
  return offers.choose(options)
}

function productOf({ attributes = {} }: Product, types: readonly string[] | undefined) {
  const { instanceType: type, regionCode: region } = attributes
  const fits = Object.entries(ATTRIBUTES).every(([name, value]) => attributes[name] === value)
  if (!fits || type === undefined || region === undefined) return undefined
  return types === undefined || types.includes(type) ? { type, region } : undefined
}
