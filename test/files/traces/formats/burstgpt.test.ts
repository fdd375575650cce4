import { describe, expect, it } from 'vitest'
import { conversionText } from '../../../../src/report/trace/conversion.ts'
import { readBroken } from '../../broken.ts'
import { convert } from '../convert.ts'

const BURSTGPT = `Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,1087,230,1317,Conversation log
118.5,GPT-4,417,0,417,API log
`

const BURSTGPT_3 = `Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
19440110.0,1722ac82,43,GPT-4,906,446,1352,Conversation log
19440161.0,d5983bf9,2,ChatGPT,36,29,65,Conversation log
`

describe('a BurstGPT trace', () => {
  it('counts seconds', async () => {
    const { arrivals, sizes } = await convert(BURSTGPT, { format: 'burstgpt' })
    expect([arrivals, sizes]).toEqual([
      [0, 40_000, 113_500],
      [472, 1087, 417],
    ])
    expect((await convert(BURSTGPT_3, { format: 'burstgpt', size: 'sum' })).sizes).toEqual([1352, 65])
  })

  it('has failed requests, of no response tokens', async () => {
    const generated = { format: 'burstgpt', size: 'generated' } as const
    await expect(convert(BURSTGPT, generated)).rejects.toThrow(
      /foreign line 4: Response tokens: is a size of 0; drop such rows \(--drop zero\), or take the size from another column or a mix$/,
    )
    const { sizes, report } = await convert(BURSTGPT, { ...generated, drop: ['zero'] })
    expect(sizes).toEqual([18, 230])
    expect(report).toMatchObject({ rows: 3, kept: 2, droppedZero: 1 })
  })

  it('tells of whole seconds that several requests share, which make bursts', async () => {
    const row = (time: string) => `${time},GPT-4,4,1,5,API log\n`
    const told = async (...times: string[]) => {
      const content = `${BURSTGPT.split('\n')[0]}\n${times.map(row).join('')}`
      const { report } = await convert(content, { format: 'burstgpt' })
      return { shareSecond: report.shareSecond, text: conversionText(report, {}) }
    }
    expect(await told('7', '5', '5', '5.0', '7', '9')).toEqual({
      shareSecond: 5,
      text: '6 rows: 6 kept, 3 sorted in between those above them\nall arrivals are whole seconds, and 5 rows share theirs with others: they are bursts in this trace; log times with more digits, or draw arrivals by trace generate, with sizes by trace mix',
    })
    for (const times of [
      ['5', '7', '9'],
      ['5', '5', '7.5'],
    ])
      expect((await told(...times)).shareSecond).toBeUndefined()
  })

  it('is refused with an empty time', async () => {
    await expect(convert(BURSTGPT.replace('45', ''), { format: 'burstgpt' })).rejects.toMatchObject({
      code: 'BAD_FILE',
      message: expect.stringMatching(/line 3: Timestamp: is empty; expected a number of seconds$/),
    })
  })

  it('is taken or refused, however it is broken', async () => {
    await readBroken(BURSTGPT, 'foreign', (text) => convert(text, { format: 'burstgpt' }))
  })
})
