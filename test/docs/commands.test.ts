/**
 * Every command of every page runs, page by page in a clone of its own, in the order of the page. Blocks that
 * name a file are written to it first.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Clone, makeClone } from './clone.ts'
import { type Block, blocksOf, commandsOf, DOCUMENTS, ROOT, RUN_INSTALLED, textOf } from './documents.ts'
import { expectAsShown } from './shown.ts'

/** What CI runs itself, this test included; that it does is checked. */
const RUN_BY_CI = ['npm ci', 'npm run check', 'npm test']

/** What another test runs, in the same words; that it does is checked. */
const RUN_BY_TEST: Readonly<Record<string, string>> = {
  'npm run reproduce -- --quick': 'test/bench/reproduce.test.ts',
}

/** Commands that are run in other words: long ones with flags that their `--help` documents. */
const REPLACED: readonly (readonly [RegExp, string])[] = [
  [/^npm run allocate$/, 'npm run --silent allocate'],
  [/^npm run reproduce$/, '$& -- --quick --out results/quick'],
  // the other half is part of `npm run check`, as the last test shows
  [/^npm run docs$/, 'npm run docs:errors'],
  // compares the saved run with itself: a second measurement may be slower for other reasons
  [/^npm run bench -- .*--compare (\S+)$/, '$& --from $1'],
]

/** Exits 1 where a goal is missed, which depends on the machine. */
const MAY_MISS = /^npm run bench\b/

function runnable(command: string): string {
  return REPLACED.reduce((line, [pattern, words]) => line.replace(pattern, words), command)
}

const runByTest = (line: string) => Object.entries(RUN_BY_TEST).find(([words]) => line.startsWith(words))

const pages = DOCUMENTS.map((document) => {
  const steps = blocksOf(document).flatMap((block): { command?: string; block: Block }[] => {
    if (block.language === 'sh') {
      return commandsOf(block)
        .filter((command) => !(RUN_INSTALLED.includes(document) && command.startsWith('npx kairos-wasm ')))
        .map((command) => ({ command, block }))
    }
    return block.file === '' ? [] : [{ block }]
  })
  return { document, steps }
}).filter(({ steps }) => steps.some(({ command }) => command !== undefined))

describe.each(pages)('$document', ({ document, steps }) => {
  let clone: Clone
  beforeAll(() => {
    clone = makeClone(document)
  })
  afterAll(() => clone.remove())

  for (const { command, block } of steps) {
    if (command === undefined) {
      test(`${block.file} is written`, () => expect(() => clone.write(block)).not.toThrow())
    } else if (RUN_BY_CI.includes(command)) {
      test(`${command} (line ${block.line}) is run by CI`, () => {
        const script = readFileSync(join(ROOT, '.ci/run'), 'utf8')
        expect(script.split('\n').some((line) => line.startsWith(command))).toBe(true)
      })
    } else if (runByTest(runnable(command))) {
      test(`${command} (line ${block.line}) is run by a test of its own`, () => {
        const [words, file] = runByTest(runnable(command))!
        expect(textOf(file)).toContain(words)
      })
    } else {
      test(`${command} (line ${block.line})`, async () => {
        // the short form of a command may stand on the page too
        const { stdout, stderr } = await clone.runOnce(runnable(command)).catch((error) => {
          if (MAY_MISS.test(command) && error.code === 1) return error
          throw error
        })
        // a command that saves its result says so on stderr, unless the shell saves it
        const saved = / > (\S+)$/.exec(command)?.[1]
        const said = saved === undefined ? stdout + stderr : readFileSync(join(clone.folder, saved), 'utf8')
        expect(said).not.toBe('')
        expectAsShown(document, command, stdout, clone.folder)
      })
    }
  }
})

test('npm run docs is docs:errors, which runs here, and the API reference, which npm run check makes', () => {
  const { docs, check } = JSON.parse(textOf('package.json')).scripts
  expect(docs).toBe('npm run --silent docs:errors && npm run --silent api')
  expect(check.split(' ')).toContain('npm:api')
})
