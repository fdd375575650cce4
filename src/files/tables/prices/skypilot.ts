/**
 * A catalog of SkyPilot (skypilot-org/skypilot-catalog, catalogs/<version>/<cloud>/vms.csv): each type and zone with
 * `InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,AvailabilityZone`.
 */
import { KairosError } from '../../../model/errors.ts'
import { readColumns, refusedNumber } from '../../io/csv-columns.ts'
import { parseDecimal } from '../../io/decimal.ts'
import { cheapestOffers, type PriceListOptions } from './price-list.ts'

export interface SkyPilotOptions extends PriceListOptions {
  /** Spot prices, of the cheapest zone, instead of those on demand. */
  readonly spot?: boolean | undefined
}

/** The prices of a region. @throws KairosError NO_FILE; BAD_FILE; BAD_USAGE for a region or type that is not there */
export async function readSkyPilotPrices(options: SkyPilotOptions): Promise<Map<string, number>> {
  const { file, spot, types, signal, onProgress, onNote } = options
  const column = spot ? 'SpotPrice' : 'Price'
  const offers = cheapestOffers()
  const inRegion = { priced: new Set<string>(), unpriced: new Set<string>() }
  let hasAccelerators = false
  const columns = ['InstanceType', column, 'Region']
  const reading = { columns, optional: ['AcceleratorName'], signal, onProgress }
  await readColumns(file, reading, ([type, price, region, accelerator], line) => {
    if (options.region === undefined || region === options.region) {
      inRegion[price === '' ? 'unpriced' : 'priced'].add(type)
    }
    // a type that is not offered has no price
    if (price === '') return
    if (type === '') {
      // Google Cloud prices GPUs apart from the machines that have them; a TPU is part of none
      if (!/^(tpu|$)/i.test(accelerator)) hasAccelerators = true
      return
    }
    const pricePerHour = parseDecimal(price)
    if (!(pricePerHour >= 0))
      throw refusedNumber(file, line, column, price, 'a price in dollars per hour >= 0')
    if (pricePerHour > 0) offers.add({ type, region, pricePerHour })
  })
  const missing = types?.find((type) => inRegion.unpriced.has(type) && !inRegion.priced.has(type))
  if (missing !== undefined) {
    const cure = `choose another region${spot ? ', or leave out --spot for prices on demand' : ''}`
    const problem = `lists ${missing} without a ${spot ? 'spot ' : ''}price`
    throw new KairosError('BAD_USAGE', problem, { file }, cure)
  }
  const prices = offers.choose(options)
  if (hasAccelerators) {
    onNote?.(
      `${file}: accelerators have prices of their own there: machines are listed without theirs, add them`,
    )
  }
  return prices
}
