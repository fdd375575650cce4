import { EventEmitter } from 'node:events'
import { expect, test, vi } from 'vitest'
import { startPacer } from '../../../src/serve/driver/pacer.ts'

const threads = vi.hoisted(() => [] as EventEmitter[])
vi.mock('node:worker_threads', () => ({
  Worker: class extends EventEmitter {
    constructor() {
      super()
      threads.push(this)
    }
  },
}))

const start = (onError: (error: Error) => void) =>
  startPacer(Float64Array.of(0, 1), 0, () => undefined, onError)

test('a thread that cannot start rejects', async () => {
  const starting = start(() => undefined)
  threads.at(-1)!.emit('error', new Error('no memory'))
  await expect(starting).rejects.toThrow('no memory')
})

test('every error of a thread that runs is told', async () => {
  const errors: string[] = []
  const starting = start(({ message }) => errors.push(message))
  const thread = threads.at(-1)!
  thread.emit('online')
  await starting
  thread.emit('error', new Error('no memory'))
  thread.emit('error', new Error('again'))
  expect(errors).toEqual(['no memory', 'again'])
})
