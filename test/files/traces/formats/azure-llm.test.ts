import { describe, expect, it } from 'vitest'
import { readBroken } from '../../broken.ts'
import { AZURE_LLM, convert, nothing } from '../convert.ts'

const AZURE_LLM_2024 = `TIMESTAMP,ContextTokens,GeneratedTokens
2024-05-10 00:00:00.009930+00:00,2162,5
2024-05-10 00:00:01+00:00,2399,6
`

describe('a trace of Azure LLM inference', () => {
  it('of 2023 has seven decimals and no line end after the last row', async () => {
    expect(await convert(AZURE_LLM, { format: 'azure-llm' })).toEqual({
      arrivals: [0, 52, 98.189, 29479.069],
      sizes: [4808, 3180, 110, 1555],
      report: { ...nothing, rows: 4, kept: 4, lastLineOpen: true, begin: '2023-11-16T18:17:03.980Z' },
    })
  })

  it('of 2024 has a zone, and seconds without decimals', async () => {
    const { arrivals } = await convert(AZURE_LLM_2024, { format: 'azure-llm' })
    expect(arrivals).toEqual([0, 990.07])
  })

  it('can have the generated tokens, or all tokens, as sizes', async () => {
    const generated = await convert(AZURE_LLM, { format: 'azure-llm', size: 'generated' })
    expect(generated.sizes).toEqual([10, 8, 27, 19])
    expect((await convert(AZURE_LLM, { format: 'azure-llm', size: 'sum' })).sizes[0]).toBe(4818)
  })

  it.each([
    [
      'a bad time',
      AZURE_LLM.replace('18:17:04.0319600', '25:17'),
      /line 3: TIMESTAMP: is "2023-11-16 25:17"; expected a time like 2023/,
    ],
    [
      'broken tokens',
      AZURE_LLM.replace('3180', '31.8'),
      /line 3: ContextTokens: is "31.8"; expected a whole number of tokens >= 0$/,
    ],
    [
      'a missing column',
      AZURE_LLM.replace('ContextTokens', 'Context'),
      /line 1: ContextTokens: the column is missing; the header must name TIMESTAMP,ContextTokens/,
    ],
    ['a row cut off', AZURE_LLM.slice(0, -6), /line 5: has 2 of the 3 columns; the line is cut off/],
  ])('is refused with %s', async (_, content, message) => {
    const refused = convert(content, { format: 'azure-llm' })
    await expect(refused).rejects.toMatchObject({ code: 'BAD_FILE', message: expect.stringMatching(message) })
  })

  it('may have empty tokens, which --drop leaves out', async () => {
    const text = AZURE_LLM.replace('3180', '')
    for (const size of ['context', 'sum']) {
      await expect(convert(text, { format: 'azure-llm', size })).rejects.toThrow(
        /line 3: ContextTokens.*: is empty; drop such rows \(--drop empty\), or take the size from another column or a mix$/,
      )
      const { arrivals, report } = await convert(text, { format: 'azure-llm', size, drop: ['empty'] })
      expect([arrivals, report.droppedEmpty]).toEqual([[0, 98.189, 29479.069], 1])
    }
    const generated = await convert(text, { format: 'azure-llm', size: 'generated' })
    expect(generated.sizes).toEqual([10, 8, 27, 19])
  })

  it('is refused with negative tokens in any column of the size', async () => {
    const refused = convert(AZURE_LLM.replace(',8', ',-8'), { format: 'azure-llm', size: 'sum' })
    await expect(refused).rejects.toThrow(/line 3: GeneratedTokens: is "-8"/)
  })

  it('is taken or refused, however it is broken', async () => {
    await readBroken(AZURE_LLM, 'foreign', (text) => convert(text, { format: 'azure-llm' }))
  })
})
