/** The pages of the project, and the code blocks in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Pages whose `kairos-wasm` commands are run by the test of the installed package, as a user runs them. */
export const RUN_INSTALLED: readonly string[] = ['README.md', 'docs/guide.md', 'docs/import.md']

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export const DOCUMENTS: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
  'examples/README.md',
  ...readdirSync(join(ROOT, 'examples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `examples/${name}/README.md`)
    .sort(),
]

/** Where the commands of a page run: an example in its folder, any other page in the root of the clone. */
export function folderOf(document: string): string {
  return document.startsWith('examples/') ? dirname(document) : '.'
}

export interface Block {
  /** The first word behind the fence. */
  readonly language: string
  /** The second word: the name of the file that the block is the content of; empty for other blocks. */
  readonly file: string
  readonly text: string
  /** The line of the fence, from 1. */
  readonly line: number
}

export function textOf(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8')
}

export function blocksOf(document: string): Block[] {
  const text = textOf(document)
  return [...text.matchAll(/^```(\w+)(?: +(\S+))?\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1],
    file: match[2] ?? '',
    text: match[3],
    line: text.slice(0, match.index).split('\n').length,
  }))
}

/** The text of a page without its code blocks. */
export function proseOf(document: string): string {
  return textOf(document).replace(/^```[\s\S]*?^```$/gm, '')
}

/** The commands of a block of language `sh`, without their comments. */
export function commandsOf({ text }: Block): string[] {
  return text
    .split('\n')
    .flatMap((line) => line.split('&&'))
    .map((line) => line.replace(/ #.*/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}
