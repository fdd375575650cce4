import { KairosError } from '../model/errors.ts'

/** How the rates of future windows are forecast from those of past windows. */
export const FORECASTS = ['last', 'recent-maximum', 'yesterday', 'last-week', 'given'] as const
export type ForecastName = (typeof FORECASTS)[number]

export interface ForecastOptions {
  readonly forecast: ForecastName
  /** The number of past windows of `recent-maximum`; those of an hour unless given. */
  readonly recentWindows?: number | undefined
  /** W forecast rates, for `given`. */
  readonly givenQps?: Float64Array | undefined
}

const DAY_S = 86_400

/**
 * The forecast rate of window `at` in window `now`. Known are the windows before `now` and the rate at its start, as for
 * every autoscaler that reads a current metric. If no full season is known yet, the recent maximum is used.
 *
 * @throws KairosError BAD_USAGE for `given` without rates of all windows, and for a season shorter than a window
 */
export function forecaster(
  rateQps: Float64Array,
  windowS: number,
  { forecast, recentWindows = Math.max(1, Math.round(3600 / windowS)), givenQps }: ForecastOptions,
): (now: number, at: number) => number {
  if (forecast === 'given' && givenQps?.length !== rateQps.length) {
    throw new KairosError(
      'BAD_USAGE',
      `has ${givenQps?.length ?? 0} rates for ${rateQps.length} windows`,
      { field: 'forecast' },
      'give a column forecast_qps with a rate for every window',
    )
  }
  const known = (w: number) => rateQps[Math.max(0, Math.min(w, rateQps.length - 1))]
  const recent = (now: number) => {
    let most = 0
    for (let w = Math.max(0, now - recentWindows); w <= now; w++) most = Math.max(most, known(w))
    return most
  }
  const seasonal = (seasonS: number) => {
    if (windowS > seasonS) {
      const problem = `is ${forecast}, but a window of ${windowS} s is longer`
      const cure = `use windows of ${seasonS} s or less, or another forecast such as recent-maximum`
      throw new KairosError('BAD_USAGE', problem, { field: 'forecast' }, cure)
    }
    const season = Math.round(seasonS / windowS)
    return (now: number, at: number) => {
      let before = at
      while (before > now) before -= season
      return before < 0 ? recent(now) : Math.max(known(before), known(now))
    }
  }
  switch (forecast) {
    case 'last':
      return (now) => known(now)
    case 'recent-maximum':
      return recent
    case 'yesterday':
      return seasonal(DAY_S)
    case 'last-week':
      return seasonal(7 * DAY_S)
    case 'given':
      return (_, at) => givenQps![Math.min(at, givenQps!.length - 1)]
  }
}
