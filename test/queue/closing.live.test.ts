import { Redis } from 'ioredis'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openQueue } from '../../src/index.ts'
import { startRedis } from './redis.ts'

test('a queue that is closed leaves no timer, as the end of a connection that has ended would', async () => {
  const { url } = await startRedis()
  const statuses: string[] = []
  const end = Redis.prototype.disconnect
  const spy = vi.spyOn(Redis.prototype, 'disconnect').mockImplementation(function (this: Redis, ...given) {
    statuses.push(this.status)
    end.apply(this, given)
  })
  onTestFinished(() => spy.mockRestore())
  const queue = await openQueue(url)
  await queue.close()
  expect(statuses.length).toBeGreaterThan(0)
  expect(statuses).not.toContain('end')
})
