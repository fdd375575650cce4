import { expect, test } from 'vitest'
import { KairosError } from '../../src/model/errors.ts'
import { openPool } from '../../src/workers/pool.ts'

const PROBLEM = { rows: 1, cols: 1, cost: Float64Array.of(1) }

test('a pool that is closed ends what it runs, and minds no answer that comes too late', async () => {
  const pool = await openPool(2, 'wasm')
  await pool.run('assign', PROBLEM)
  const running = Array.from({ length: 4 }, () => pool.run('assign', PROBLEM))
  const settled = Promise.allSettled(running)
  // the answers arrive while nothing here can take them
  const started = performance.now()
  while (performance.now() - started < 100);
  await pool.close()
  for (const { status } of await settled) expect(status).toBe('rejected')
})

test('a pool that is closed twice starts no more threads', async () => {
  let started = 0
  const count = () => void started++
  process.on('worker', count)
  try {
    const pool = await openPool(2, 'wasm')
    await pool.run('assign', PROBLEM)
    // as an aborted call does: at the signal, and at its end
    await Promise.all([pool.close(), pool.close()])
  } finally {
    process.off('worker', count)
  }
  expect(started).toBe(2)
})

test('an error of a kernel is that of the call, and the pool goes on', async () => {
  const pool = await openPool(1, 'wasm')
  try {
    const refused = pool.run('assign', { ...PROBLEM, cost: Float64Array.of(Number.NaN) })
    await expect(refused).rejects.toThrow(KairosError)
    await expect(refused).rejects.toMatchObject({
      code: 'BAD_USAGE',
      problem: 'is NaN',
      place: { field: 'cost[0][0]' },
    })
    const { cols } = await pool.run('assign', PROBLEM)
    expect([...cols]).toEqual([0])
  } finally {
    await pool.close()
  }
})
