/** The losses of servers in a run: when and why each was lost, and when it was taken back, or why it was not. */
import { KairosError } from '../../model/errors.ts'
import type { LostServer } from '../../model/results/live-run.ts'
import type { CallFailure } from '../grpc/client/remote-method.ts'
import { describeError, status } from '../grpc/status.ts'

/** @param record gets each loss; what becomes of it is noted there too */
export function createLosses(addresses: readonly string[], timeoutMs: number, record: LostServer[]) {
  /** The last loss of each server. */
  const losses = new Map<number, { -readonly [Key in keyof LostServer]: LostServer[Key] }>()
  /** The last failure by which a server was lost. */
  let last: { readonly server: number; readonly error: CallFailure } | undefined
  return {
    /** When a server was last lost, ms; undefined if it never was. */
    lastMs: (server: number): number | undefined => losses.get(server)?.atMs,
    add(server: number, slot: number, error: CallFailure, atMs: number): void {
      const loss = { instance: slot, atMs, reason: describeError(error) }
      losses.set(server, loss)
      record.push(loss)
      last = { server, error }
    },
    /** Why a server is not taken back. */
    noteProblem(server: number, problem: string): void {
      losses.get(server)!.problem = problem
    },
    noteReturn(server: number, backMs: number): void {
      const loss = losses.get(server)!
      loss.backMs = backMs
      delete loss.problem
    },
    /** What ends the run if no server comes back after the last loss. */
    noServer(): KairosError {
      const { server, error } = last!
      const reason = describeError(error)
      const { problem: found = reason } = losses.get(server)!
      const since = found === reason ? '' : ` (since then: ${found})`
      const problem = `the last reachable server, ${addresses[server]}, no longer answers: ${reason}${since}`
      const cure =
        error.code === status.DEADLINE_EXCEEDED
          ? `allow requests more than ${timeoutMs} ms, or look into the log of the server`
          : 'start the servers again'
      return new KairosError('SERVER', problem, {}, cure)
    },
  }
}
