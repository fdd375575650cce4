/**
 * A catalog of SkyPilot (skypilot-org/skypilot-catalog, catalogs/<version>/<cloud>/vms.csv): a row for each type and zone
 * with `InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,AvailabilityZone`.
 */
import { readColumns, refusedCell } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import { cheapestOffers, type PriceListOptions } from './price-list.ts'

export interface SkyPilotOptions extends PriceListOptions {
  /** Spot prices, of the cheapest zone, instead of those on demand. */
  readonly spot?: boolean | undefined
}

/** The prices of a region. @throws KairosError NO_FILE; BAD_FILE; BAD_USAGE for a region or type that is not there */
export async function readSkyPilotPrices(options: SkyPilotOptions): Promise<Map<string, number>> {
  const { file, spot, signal, onProgress } = options
  const column = spot ? 'SpotPrice' : 'Price'
  const offers = cheapestOffers()
  const reading = { columns: ['InstanceType', column, 'Region'], signal, onProgress }
  await readColumns(file, reading, ([type, price, region], line) => {
    // rows of accelerators alone have no type; a type that is not offered has no price
    if (type === '' || price === '') return
    const pricePerHour = parseDecimal(price)
    if (!(pricePerHour >= 0)) throw refusedCell(file, line, column, price, 'a price in dollars per hour')
    if (pricePerHour > 0) offers.add({ type, region, pricePerHour })
  })
  return offers.choose(options)
}
