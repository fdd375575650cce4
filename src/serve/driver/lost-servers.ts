/** Servers that a run has lost. Each is checked, with the pauses of a router, until it can serve again. */
import type { Clock } from '../clock.ts'
import type { Backend } from '../router/backends/backend.ts'
import { createChecks } from '../router/fleet/checks.ts'
import { createHealth, type Health, noteCheck, noteEjection } from '../router/fleet/health.ts'
import { createServerWait } from '../router/pool/server-wait.ts'

/** A connection of its own to a server, to check it. */
export type Checker = Pick<Backend, 'check' | 'watch' | 'isWatched' | 'close'>

interface LostServersOptions {
  readonly clock: Clock
  readonly addresses: readonly string[]
  openChecker(server: number): Checker
  /** A check has found why a server is not taken back. */
  onProblem(server: number, problem: string): void
  /** A server can serve again. */
  onBack(server: number): void
  /** All servers have been lost for the time that requests of a router wait for one. */
  onNone(): void
}

interface Lost {
  readonly index: number
  readonly server: { readonly address: string }
  readonly state: 'ejected'
  readonly health: Health
  readonly backend: Checker
}

/** A check takes twice this time at most, ms. */
const INTERVAL_MS = 1_000

/** Why a server that passes its checks is not taken back. */
const PAUSED = 'it can serve, and its pause after the loss is not over'

export function createLostServers(options: LostServersOptions) {
  const { clock, addresses, openChecker, onProblem, onBack, onNone } = options
  const health = addresses.map(() => createHealth(clock.now()))
  const lost = new Map<number, Lost>()
  const wait = createServerWait(clock, onNone)
  const checks = createChecks<Lost>({
    clock,
    intervalMs: INTERVAL_MS,
    size: () => addresses.length,
    up: () => addresses.length - lost.size,
    checked(one, problem) {
      if (noteCheck(one.health, problem, lost.size === addresses.length, clock.now()) !== 'up') {
        return onProblem(one.index, problem ?? PAUSED)
      }
      forget(one)
      wait.end()
      onBack(one.index)
    },
  })

  function forget(one: Lost): void {
    checks.stop(one)
    one.backend.close()
    lost.delete(one.index)
  }

  return {
    /** A server has answered a query: its next pause is a short one. */
    answered(server: number): void {
      health[server].answers++
    },
    has: (index: number): boolean => lost.has(index),
    /** A server is lost, and checked from now on. */
    add(index: number): void {
      noteEjection(health[index], 'unreachable', clock.now())
      const one: Lost = {
        index,
        server: { address: addresses[index] },
        state: 'ejected',
        health: health[index],
        backend: openChecker(index),
      }
      lost.set(index, one)
      checks.start(one)
      if (lost.size < addresses.length) return
      wait.restart()
      wait.wait()
    },
    close(): void {
      wait.end()
      for (const one of lost.values()) forget(one)
    },
  }
}
