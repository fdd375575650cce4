/**
 * A service price list file of Amazon EC2 in CSV (AWS Billing documentation, "Reading the service price list file for
 * an AWS service"): five rows about the file, a header, and a row for each product and price. Prices are those on
 * demand of Linux, shared tenancy and no software.
 */
import { readColumns, refusedNumber } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import { cheapestOffers, type PriceListOptions } from './price-list.ts'

const ROWS_BEFORE_HEADER = 5

/** What a row needs in some columns. */
const WANTED = {
  TermType: 'OnDemand',
  Unit: 'Hrs',
  Currency: 'USD',
  Tenancy: 'Shared',
  'Operating System': 'Linux',
  CapacityStatus: 'Used',
  'Pre Installed S/W': 'NA',
} as const

/** The prices of a region. @throws KairosError NO_FILE; BAD_FILE; BAD_USAGE for a region or type that is not there */
export async function readAwsCsvPrices(options: PriceListOptions): Promise<Map<string, number>> {
  const { file, signal, onProgress } = options
  const wanted = Object.values(WANTED)
  const columns = ['Instance Type', 'Region Code', 'PricePerUnit', ...Object.keys(WANTED)]
  const offers = cheapestOffers()
  const reading = { columns, skipRows: ROWS_BEFORE_HEADER, signal, onProgress }
  await readColumns(file, reading, ([type, region, price, ...properties], line) => {
    if (type === '' || properties.some((property, i) => property !== wanted[i])) return
    const pricePerHour = parseDecimal(price)
    if (!(pricePerHour >= 0))
      throw refusedNumber(file, line, 'PricePerUnit', price, 'a price in dollars per hour >= 0')
    // reservations of capacity cost nothing by themselves
    if (pricePerHour > 0) offers.add({ type, region, pricePerHour })
  })
  return offers.choose(options)
}
