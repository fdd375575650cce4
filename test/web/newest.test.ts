/** Questions that the page reads from links and for chosen models. */
import { expect, test } from 'vitest'
import { createNewest } from '../../src/web/newest.ts'

test('drops a value that is read after a newer one, and is idle once nothing is read', async () => {
  const reads = createNewest<string>()
  let end = (_value: string) => {}
  const older = reads.read(
    new Promise((resolve) => {
      end = resolve
    }),
  )
  expect(await reads.read(Promise.resolve('newer'))).toBe('newer')
  expect(reads.isIdle()).toBe(false)
  end('older')
  expect(await older).toBeUndefined()
  await expect(reads.read(Promise.reject(new Error('damaged')))).rejects.toThrow('damaged')
  expect(reads.isIdle()).toBe(true)
  expect(await reads.read(Promise.resolve('last'))).toBe('last')
})
