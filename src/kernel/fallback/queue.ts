/** The pending queries of a dispatcher, in order of arrival. */
import type { Query } from './scene.ts'

/** Adds a query behind those that arrived before it or with it. */
export function enqueue(queue: Query[], query: Query): void {
  const before = queue.findLastIndex(({ arrivalMs }) => arrivalMs <= query.arrivalMs)
  queue.splice(before + 1, 0, query)
}

/** Removes the first query with a number, and returns it; undefined if there is none. */
export function dequeue(queue: Query[], number: number): Query | undefined {
  const at = queue.findIndex(({ query }) => query === number)
  return at < 0 ? undefined : queue.splice(at, 1)[0]
}
