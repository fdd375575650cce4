/** What the pages show of what their commands print, draw and measure. The tests that run the commands compare it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Block, blocksOf, DOCUMENTS, ROOT, textOf } from './documents.ts'

/** The commands that print the blocks of language `text`, in the order of the blocks. */
export const SHOWN: readonly (readonly [document: string, command: string])[] = [
  ['README.md', 'npm run allocate'],
  [
    'docs/guide.md',
    'npx kairos-wasm replay --trace results/trace.csv --counts g4dn.xlarge=2,r5n.large=9 --policy kairos,fcfs',
  ],
  [
    'docs/guide.md',
    'npx kairos-wasm capacity --counts g4dn.xlarge=2,r5n.large=9 --policy kairos,fcfs --arrivals integer-gaps',
  ],
  ['docs/guide.md', 'npx kairos-wasm search --model dien --svg results/proof-dien.svg'],
  ['docs/plan.md', 'npx kairos-wasm plan --rates rates.csv'],
]

/** The commands that draw the pictures of a page: below `results`, the name is that in docs/figures. */
export const DRAWN: readonly (readonly [document: string, command: string, picture: string])[] = [
  [
    'README.md',
    'npx kairos-wasm allocate --model mtwnd --top-n 400 --svg results/frontier.svg > /dev/null',
    'frontier.svg',
  ],
  ['docs/guide.md', 'npx kairos-wasm search --model dien --svg results/proof-dien.svg', 'proof-dien.svg'],
]

/** Sentences with a figure that a command prints. */
export const TOLD: readonly (readonly [
  document: string,
  command: string,
  printed: RegExp,
  sentence: (figure: string) => string,
])[] = [
  [
    'README.md',
    'npx kairos-wasm capacity --counts g4dn.xlarge=1,r5n.large=13 --policy priced,fcfs',
    /^priced +([\d.]+) /m,
    (rate) => `A replay measures ${rate} of them`,
  ],
  [
    'README.md',
    'npx kairos-wasm capacity --counts g4dn.xlarge=1,r5n.large=13 --policy priced,fcfs',
    /^fcfs +([\d.]+) /m,
    (rate) => `and ${rate} if the oldest query`,
  ],
  [
    'docs/guide.md',
    'npx kairos-wasm capacity -w workload.yaml --counts gpu.large=3,cpu.small=13',
    /^priced +([\d.]+) /m,
    (rate) => `what the first row of the ranking allows: ${rate} queries a second`,
  ],
  [
    'docs/guide.md',
    'npx kairos-wasm search -w workload.yaml -s space.yaml',
    /^1 +4 +4 +[\d.]+ +[\d.]+ +([\d.]+) /m,
    (rate) => `gpu.large=4,cpu.small=4 allows ${rate}`,
  ],
  [
    'docs/plan.md',
    'npx kairos-wasm plan --rates rates.csv --allowable measured.json --allowable smallest.json --utilisation 0.95',
    /^00:00 .* 1 +· +(\d) +· /m,
    (machines) => `With both measurements it has r5n.large=${machines} there`,
  ],
]

/** The blocks of language `text` of the pages that show outputs. */
export function shownBlocks(): { readonly document: string; readonly block: Block }[] {
  return DOCUMENTS.flatMap((document) =>
    blocksOf(document)
      .filter(({ language }) => language === 'text')
      .map((block) => ({ document, block })),
  ).filter(({ document }) => SHOWN.some(([shown]) => shown === document))
}

const linesOf = (text: string) => text.split('\n').map((line) => line.trimEnd())

/** Expects of a command of a page what the page shows of it, if it does; `folder` is where it ran. */
export function expectAsShown(document: string, command: string, stdout: string, folder: string): void {
  const isThis = ([page, line]: readonly [string, string, ...unknown[]]) =>
    page === document && line === command
  for (const [i, shown] of SHOWN.entries()) {
    if (!isThis(shown)) continue
    const lines = linesOf(shownBlocks()[i].block.text.trimEnd())
    expect(linesOf(stdout).slice(0, lines.length)).toEqual(lines)
  }
  for (const [, , picture] of DRAWN.filter(isThis)) {
    const drawn = readFileSync(join(folder, 'results', picture), 'utf8')
    // where the drawing is meant to change: run the command, and move the file to docs/figures
    expect(drawn === readFileSync(join(ROOT, 'docs/figures', picture), 'utf8'), picture).toBe(true)
  }
  for (const [, , printed, sentence] of TOLD.filter(isThis)) {
    expect(textOf(document)).toContain(sentence(printed.exec(stdout)?.[1] ?? 'nothing'))
  }
}
