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

test('what is read to no value, or is still read, drops nothing', async () => {
  const reads = createNewest<string>()
  const ends: ((value: string) => void)[] = []
  const begin = () => reads.read(new Promise((resolve) => ends.push(resolve)))
  const [first, second] = [begin(), begin()]
  void begin()
  expect(await reads.read(Promise.resolve(undefined))).toBeUndefined()
  ends[0]('first')
  expect(await first).toBe('first')
  ends[1]('second')
  expect(await second).toBe('second')
})
