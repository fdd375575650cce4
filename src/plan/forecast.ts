import { refuseUsage } from '../model/errors.ts'

/** How the rates of future windows are forecast from those of past windows. */
export const FORECASTS = ['last', 'recent-maximum', 'yesterday', 'last-week', 'given'] as const
export type ForecastName = (typeof FORECASTS)[number]

export interface ForecastOptions {
  readonly forecast: ForecastName
  /** W forecast rates, for `given`. */
  readonly givenQps?: Float64Array | undefined
}

const DAY_S = 86_400

/** What is forecast in window `now`, for it and later windows. */
export interface Forecast {
  /** The rate of window `at`. */
  rateQps(now: number, at: number): number
  /** The largest rate of `now` and of so many windows after it. */
  largestQps(now: number, windows: number): number
}

/**
 * A forecast in window `now` uses the rates of the windows before it and the rate at its start, as every autoscaler
 * that reads a current metric does. If no full season is known yet, it is the recent maximum.
 *
 * @throws KairosError BAD_USAGE for `given` without rates of all windows, and for a season shorter than a window
 */
export function forecaster(
  rateQps: Float64Array,
  windowS: number,
  { forecast, givenQps }: ForecastOptions,
): Forecast {
  if (forecast === 'given' && givenQps?.length !== rateQps.length) {
    const problem = `has ${givenQps?.length ?? 0} rates for ${rateQps.length} windows`
    refuseUsage('forecast', problem, 'give a column forecast_qps with a rate for every window')
  }
  const known = (w: number) => rateQps[w]
  const recentWindows = Math.max(1, Math.round(3600 / windowS))
  let recentWindow = -1
  let recentQps = 0
  // it depends on `now` alone, so it is kept for the other windows that are forecast
  const recent = (now: number) => {
    if (now === recentWindow) return recentQps
    recentWindow = now
    recentQps = 0
    for (let w = Math.max(0, now - recentWindows); w <= now; w++) recentQps = Math.max(recentQps, known(w))
    return recentQps
  }
  const seasonal = (seasonS: number): Forecast => {
    if (windowS > seasonS) {
      const problem = `is ${forecast}, but a window of ${windowS} s is longer`
      const cure = `use windows of ${seasonS} s or less, or another forecast such as recent-maximum`
      refuseUsage('forecast', problem, cure)
    }
    const season = wholeWindows(seasonS / windowS)
    // a season that is no whole number of windows does not repeat with the windows
    return repeatingAfter(Number.isInteger(season) ? season : Infinity, (now, at) => {
      let before = at
      for (let seasons = 1; before > now; seasons++) before = wholeWindows(at - seasons * season)
      if (before < 0) return recent(now)
      // a window may have begun within one of the season before, and ended within the next one
      return Math.max(known(Math.floor(before)), known(Math.ceil(before)), known(now))
    })
  }
  switch (forecast) {
    case 'last':
      return repeatingAfter(0, known)
    case 'recent-maximum':
      return repeatingAfter(0, recent)
    case 'yesterday':
      return seasonal(DAY_S)
    case 'last-week':
      return seasonal(7 * DAY_S)
    case 'given':
      return repeatingAfter(rateQps.length, (_, at) => givenQps![Math.min(at, givenQps!.length - 1)])
  }
}

/** A number of windows, made whole within a millionth of a window. */
function wholeWindows(window: number): number {
  const whole = Math.round(window)
  return Math.abs(window - whole) < 1e-6 ? whole : window
}

/** @param windowsAhead after so many windows the forecast rates repeat: later ones cannot raise the largest */
function repeatingAfter(windowsAhead: number, rateQps: Forecast['rateQps']): Forecast {
  return {
    rateQps,
    largestQps(now, windows) {
      let most = 0
      const until = now + Math.min(windows, windowsAhead)
      for (let at = now; at <= until; at++) most = Math.max(most, rateQps(now, at))
      return most
    },
  }
}
