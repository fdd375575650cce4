import { LONGEST_MS } from '../../model/checks.ts'

/** Ends work that a signal can abort, such as replays, by time limit or caller. Rankings ask `EarlyEnd` instead. */
interface TimeLimit {
  /** Aborted when the time is up or by the caller; undefined where neither can happen. */
  readonly signal: AbortSignal | undefined
  /** Whether an error only says that the time is up. */
  readonly isUp: (error: unknown) => boolean
  stop(): void
}

/**
 * @param limitMs no limit if it is infinite, or beyond the 24 days that a timer can wait
 * @param caller ends the work with an error
 * @param stop ends the work as the limit does
 */
export function startTimeLimit(
  limitMs: number,
  caller: AbortSignal | undefined,
  stop: AbortSignal | undefined,
): TimeLimit {
  const controller = new AbortController()
  const end = () => controller.abort()
  stop?.addEventListener('abort', end)
  if (stop?.aborted) end()
  const timeout = limitMs <= LONGEST_MS ? setTimeout(end, Math.ceil(limitMs)) : undefined
  const signals = [...(timeout || stop ? [controller.signal] : []), ...(caller ? [caller] : [])]
  return {
    signal: signals.length > 0 ? AbortSignal.any(signals) : undefined,
    isUp: (error) => controller.signal.aborted && error === controller.signal.reason && !caller?.aborted,
    stop: () => {
      clearTimeout(timeout)
      stop?.removeEventListener('abort', end)
    },
  }
}
