import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kairosHere, temporaryFolder } from './kairos.ts'

export const AZURE_LLM = `TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
2023-11-16 18:17:04.0781490,110,27
2023-11-16 18:17:33.4590290,1555,19
`

export const BURSTGPT = `Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,1087,230,1317,Conversation log
118.5,GPT-4,0,0,0,API log
`

const LOG = `items;when
3;2.5
4;0.5
5;1.5
`

/** A folder with files of others, and the commands run in it. */
export function workFolder() {
  const folder = temporaryFolder()
  const files = {
    'azure.csv': AZURE_LLM,
    'cut.csv': AZURE_LLM.trimEnd(),
    'burst.csv': BURSTGPT,
    'log.csv': LOG,
    'trace.csv': 'arrival_ms,batch_size\n10,5\n20,6\n40,7\n',
    'unsorted.csv': 'arrival_ms,batch_size\n10,5\n9,6\n',
    'half.csv': 'arrival_ms,batch_size\n10,5\n20,',
    'zero.csv': 'arrival_ms,batch_size\n10,0\n',
    'empty.csv': '',
    'bare.csv': 'arrival_ms,batch_size\n',
    'mix.csv': 'batch_size,probability\n7,0.5\n9,0.4\n',
    'fine-mix.csv': 'batch_size,probability\n7,1\n',
    'odd.yaml': 'rate: 25\nsede: 3\n',
    'config.yaml': 'rate: 25\nqueries: 3\narrivals: constant\nmix: fine-mix.csv\n',
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return {
    folder,
    run: (...args: string[]) => kairosHere(['trace', ...args], folder),
    files: Object.keys(files),
  }
}
