/** A copy of what a clone holds after `npm ci`, for commands that write files. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Block, ROOT } from './documents.ts'

const run = promisify(execFile)

const COPIED = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'tsconfig.json',
  'asconfig.json',
  '.biome.json',
]
const FOLDERS = ['.config', 'assembly', 'src', 'data', 'build', 'dist', 'bench', 'docs', 'test']

export interface Clone {
  readonly folder: string
  /** Writes the file that a block is the content of. */
  write(block: Block): void
  /** Runs a command of a page by bash; rejects if its exit status is not 0. */
  run(command: string): Promise<{ stdout: string; stderr: string }>
  remove(): void
}

/**
 * `npx` links the package of a folder into its cache before its first command, which takes a quarter of a minute
 * in every new folder. One test runs it; the other commands call what it calls.
 */
export function withoutNpx(command: string): string {
  return command.replaceAll(/\bnpx kairos-wasm\b/g, 'node dist/cli/main.js')
}

export function makeClone(): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-docs-'))
  for (const name of [...COPIED, ...FOLDERS]) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  mkdirSync(join(folder, 'results'))
  return {
    folder,
    write({ file, text }) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    },
    run: (command) => run('bash', ['-c', withoutNpx(command)], { cwd: folder, maxBuffer: 1e8 }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
