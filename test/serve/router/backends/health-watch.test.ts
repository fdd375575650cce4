import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { Channel } from '../../../../src/serve/grpc/client/channel.ts'
import type { Watcher } from '../../../../src/serve/grpc/client/watch.ts'
import { HEALTH, health } from '../../../../src/serve/protocols/health.ts'
import { createHealthWatch } from '../../../../src/serve/router/backends/health-watch.ts'

const { serving: SERVING, notServing: NOT_SERVING } = HEALTH

/** A watch of a server whose streams the test holds, and how often it has told of a change. */
function watched() {
  const streams: Watcher[] = []
  const channel = {
    watch(_request: unknown, watcher: Watcher) {
      streams.push(watcher)
    },
  } as unknown as Channel
  const watch = createHealthWatch(channel)
  let changes = 0
  const start = () => watch.start(() => void changes++)
  const report = (now: number) => streams.at(-1)?.message(health.Watch.responseSerialize({ status: now }))
  return { watch, streams, start, report, changes: () => changes }
}

test('tells of each change, and of a first status only if the server is not healthy', () => {
  const { watch, start, report, changes } = watched()
  start()
  expect([watch.isServing, changes()]).toEqual([false, 0])
  report(SERVING)
  expect([watch.isServing, changes()]).toEqual([true, 0])
  report(NOT_SERVING)
  expect([watch.isServing, changes()]).toEqual([false, 1])
  report(NOT_SERVING)
  expect([watch.isServing, changes()]).toEqual([false, 1])
  report(SERVING)
  expect([watch.isServing, changes()]).toEqual([true, 2])
  const second = watched()
  second.start()
  second.report(NOT_SERVING)
  expect(second.changes()).toBe(1)
})

test('has one stream at a time, and begins another one when its connection is lost', () => {
  const { watch, start, streams, report, changes } = watched()
  start()
  start()
  expect(streams).toHaveLength(1)
  report(SERVING)
  streams[0].ended(status.UNAVAILABLE)
  expect([watch.isServing, changes()]).toEqual([false, 1])
  start()
  expect([streams.length, watch.isServing]).toEqual([2, false])
  // nothing was reported on this one
  streams[1].ended(status.UNAVAILABLE)
  expect(changes()).toBe(1)
})

test('is not begun again with a server that ends the stream, until another one may have its address', () => {
  const { watch, start, streams } = watched()
  start()
  streams[0].ended(status.UNIMPLEMENTED)
  start()
  expect(streams).toHaveLength(1)
  watch.forget()
  start()
  expect(streams).toHaveLength(2)
})
