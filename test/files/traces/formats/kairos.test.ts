import { describe, expect, it } from 'vitest'
import { readBroken } from '../../broken.ts'
import { convert } from '../convert.ts'

describe('a trace of kairos', () => {
  const own = 'arrival_ms,batch_size\n5,10\n7,20\n6,30\n'

  it('keeps its clock; one that is unsorted is sorted, and says so', async () => {
    const { arrivals, sizes, report } = await convert(own, { format: 'kairos' })
    expect([arrivals, sizes]).toEqual([
      [5, 6, 7],
      [10, 30, 20],
    ])
    expect(report).toMatchObject({ outOfOrder: 1 })
    expect((await convert(`${own}-1,10\n`, { format: 'kairos' })).arrivals).toEqual([0, 6, 7, 8])
  })

  it('keeps queries that arrive together in their order', async () => {
    const rows = Array.from({ length: 99 }, (_, i) => `${i % 2},${i + 1}\n`).join('')
    const { sizes } = await convert(`arrival_ms,batch_size\n${rows}`, { format: 'kairos' })
    expect(sizes).toEqual([
      ...sizes.slice(0, 50).sort((a, b) => a - b),
      ...sizes.slice(50).sort((a, b) => a - b),
    ])
  })

  it('is taken or refused, however it is broken', async () => {
    await readBroken(own, 'foreign', (text) => convert(text, { format: 'kairos' }))
  })
})
