import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rankingQuestion, rankShard } from '../../../src/allocate/shards.ts'
import { readFolderQuestion, readParts, writePart } from '../../../src/files/documents/parts.ts'
import { smallWorkload } from '../../fixtures/small-workload.ts'
import { scratchFolder } from '../scratch.ts'

const types = ['fast', 'slow'].map((name, t) => ({
  name,
  min: 0,
  max: 3,
  pricePerHour: 1 - t / 3,
  base: false,
}))
const question = rankingQuestion({ workload: smallWorkload(), space: { types, budgetPerHour: 4 } })

async function all(folder: string) {
  const parts = []
  for await (const part of readParts(folder)) parts.push(part)
  return parts
}

test('parts and their question are read as they were written, to the last bit', async () => {
  const folder = scratchFolder().path('parts')
  const parts = await Promise.all([0, 1, 2].map((index) => rankShard(question, { index, count: 3 })))
  for (const part of parts) await writePart(folder, question, part)
  expect(readdirSync(folder).sort()).toEqual([
    ...[0, 1, 2].map((index) => `part-0000${index}-of-00003.json`),
    'question.json',
  ])
  expect(await readFolderQuestion(folder)).toEqual(question)
  expect(await all(folder)).toEqual(parts)
})

test('a folder holds the parts of one question', async () => {
  const { path: at, refusal } = scratchFolder()
  const folder = at('parts')
  const part = await rankShard(question, { index: 0, count: 1 })
  await writePart(folder, question, part)
  const other = { ...question, topN: 3 }
  const { message } = await refusal(writePart(folder, other, await rankShard(other, { index: 0, count: 1 })))
  expect(message).toMatch(/question\.json: is another question; use a folder for each ranking/)
})

test('files that were changed or cut off are rejected', async () => {
  const { path: at, refusal } = scratchFolder()
  const folder = at('parts')
  await writePart(folder, question, await rankShard(question, { index: 0, count: 1 }))
  const path = join(folder, 'question.json')
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace('"budgetPerHour":4', '"budgetPerHour":5'))
  expect((await refusal(readFolderQuestion(folder))).message).toMatch(/question\.json: was changed/)
  const part = join(folder, 'part-00000-of-00001.json')
  const written = readFileSync(part, 'utf8')
  const changed = [
    written.replace(/"bound":"..../, '"bound":"AAAA'),
    written.replace(/"feasible":(\d+)/, '"feasible":1$1'),
  ]
  for (const one of changed) {
    writeFileSync(part, one)
    expect((await refusal(all(folder))).message).toMatch(
      /part-00000-of-00001\.json: was changed after it was/,
    )
  }
  writeFileSync(part, written)
  expect(await all(folder)).toHaveLength(1)
  writeFileSync(part, readFileSync(part, 'utf8').slice(0, -20))
  expect((await refusal(all(folder))).message).toMatch(/part-00000-of-00001\.json: is no part of a ranking/)
})

test('a folder without a question is named', async () => {
  const { path, refusal } = scratchFolder()
  expect((await refusal(readFolderQuestion(path('parts')))).message).toMatch(
    /question\.json: there is no such file/,
  )
})
