import { KairosError } from '../../../model/errors.ts'
import { nearest } from '../../../model/nearest.ts'
import type { ReadOptions } from '../../io/open-file.ts'

export interface PriceListOptions extends ReadOptions {
  readonly file: string
  /** The region of the machines; may be left out where the file has one. */
  readonly region?: string | undefined
  /** The only types that are wanted, in their order; all, by name, without it. */
  readonly types?: readonly string[] | undefined
  /** Called with what the prices leave out. */
  readonly onNote?: ((note: string) => void) | undefined
}

/** One price of a type in a region, dollars per hour. */
export interface Offer {
  readonly type: string
  readonly region: string
  readonly pricePerHour: number
}

/** The lowest price of each type in a region. Offers are many and come one by one. */
export function cheapestOffers() {
  const byRegion = new Map<string, Map<string, number>>()
  return {
    add({ type, region, pricePerHour }: Offer): void {
      const prices = byRegion.get(region) ?? new Map<string, number>()
      byRegion.set(region, prices)
      prices.set(type, Math.min(pricePerHour, prices.get(type) ?? Infinity))
    },

    /**
     * @param listed the types of the whole list, where only offers of some were added
     * @throws KairosError BAD_USAGE where the region or a type is not there; BAD_FILE without any price
     */
    choose({ file, region, types }: PriceListOptions, listed?: ReadonlySet<string>): Map<string, number> {
      const unlisted = listed?.size ? types?.find((type) => !listed.has(type)) : undefined
      if (unlisted !== undefined) throw withoutPrice(file, unlisted, listed!)
      const regions = [...byRegion.keys()].sort()
      if (regions.length === 0) {
        throw new KairosError('BAD_FILE', 'has no price', { file }, 'is this a price list of machines?')
      }
      const chosen = region ?? (regions.length === 1 ? regions[0] : undefined)
      const prices = chosen === undefined ? undefined : byRegion.get(chosen)
      if (prices === undefined) {
        const problem = region === undefined ? 'has several regions' : `has no prices of region "${region}"`
        // a row that was cut has no region
        const named = regions.map((name) => name || '""')
        throw new KairosError('BAD_USAGE', problem, { file }, `choose one by --region: ${named.join(', ')}`)
      }
      const wanted = types ?? [...prices.keys()].sort()
      return new Map(
        wanted.map((type) => {
          const price = prices.get(type)
          if (price !== undefined) return [type, price]
          throw withoutPrice(file, type, prices.keys())
        }),
      )
    },
  }
}

function withoutPrice(file: string, type: string, names: Iterable<string>): KairosError {
  const meant = nearest(type, names)
  const cure = meant ? `did you mean "${meant}"?` : 'check the name and the region'
  return new KairosError('BAD_USAGE', `has no price of ${type}`, { file }, cure)
}

/** A catalog as `readCatalog` takes it. */
export function catalogText(prices: ReadonlyMap<string, number>): string {
  return `instance_type,price_per_hour\n${[...prices].map(([type, price]) => `${type},${price}\n`).join('')}`
}
