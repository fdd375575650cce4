import { Counter, Gauge, type Registry } from 'prom-client'
import type { Clock } from '../clock.ts'
import type { PoolListener } from './events.ts'

/** What an advisor says about the fleet of a model at the end of a window. */
export interface Advice {
  /** By type: how many servers there should be. */
  readonly wanted: ReadonlyMap<string, number>
  /** Requests per second that are expected. */
  readonly forecastQps: number
  /** Dollars per hour of the wanted servers, and of the present ones. */
  readonly costPerHour: number
  readonly runningCostPerHour: number
  /** Whether the present servers could not serve the rate of the window. */
  readonly isShort: boolean
}

/** Decides from time to time how many servers there should be. */
export interface Advisor {
  readonly windowMs: number
  /**
   * Called at the end of each window. If it throws, the metrics keep the last advice, and the process warns once.
   *
   * @param rateQps requests per second in the window that has ended, answered or not
   * @param present servers of the fleet, by type
   */
  advise(rateQps: number, present: ReadonlyMap<string, number>): Advice
}

/** Asks an advisor at the end of each window, and shows its advice as metrics. Whoever scales the fleet reads them. */
export function createAdvising(advisor: Advisor, model: string, clock: Clock, registry: Registry) {
  const registers = [registry]
  const gauge = (name: string, help: string, labelNames = ['model']) =>
    new Gauge({ name: `kairos_${name}`, help, labelNames, registers })
  const counter = (name: string, help: string) =>
    new Counter({ name: `kairos_${name}_total`, help, labelNames: ['model'], registers })
  const rate = gauge('window_request_rate', 'Requests per second in the last window.')
  const forecast = gauge('forecast_request_rate', 'Requests per second that the online rule expects.')
  const wanted = gauge('wanted_instances', 'Servers that the online rule wants.', ['model', 'type'])
  const cost = gauge('wanted_dollars_per_hour', 'What the wanted servers cost.')
  const windows = counter('windows', 'Windows that the online rule has seen.')
  const short = counter('short_windows', 'Windows whose rate the servers of the fleet could not serve.')
  const spent = counter('fleet_dollars', 'What the servers of the fleet have cost since the start.')
  for (const known of [windows, short, spent]) known.labels(model).inc(0)
  let requests = 0
  let timer: { cancel(): void } | undefined
  let hasFailed = false

  function count(): void {
    requests++
  }

  function ask(rateQps: number, present: ReadonlyMap<string, number>): void {
    rate.set({ model }, rateQps)
    windows.inc({ model })
    const advice = advisor.advise(rateQps, present)
    forecast.set({ model }, advice.forecastQps)
    for (const [type, count] of advice.wanted) wanted.set({ model, type }, count)
    cost.set({ model }, advice.costPerHour)
    if (advice.isShort) short.inc({ model })
    spent.inc({ model }, (advice.runningCostPerHour * advisor.windowMs) / 3_600_000)
  }

  return {
    /** Counts the ends of requests. */
    listener: { answered: count, refused: count, abandoned: count } satisfies PoolListener,
    start(servers: () => Iterable<{ readonly type: string }>): void {
      const next = () => {
        timer = clock.after(advisor.windowMs, () => {
          const present = new Map<string, number>()
          for (const { type } of servers()) present.set(type, (present.get(type) ?? 0) + 1)
          const rateQps = (1000 * requests) / advisor.windowMs
          requests = 0
          try {
            ask(rateQps, present)
          } catch (error) {
            if (!hasFailed) process.emitWarning(`the advisor of the router failed: ${error}`)
            hasFailed = true
          }
          next()
        })
      }
      next()
    },
    stop: () => timer?.cancel(),
  }
}
