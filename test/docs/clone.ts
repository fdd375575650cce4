/** A copy of what a clone holds after `npm ci`, for commands that write files. */
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Block, blocksOf, folderOf, ROOT } from './documents.ts'

const run = promisify(execFile)

const COPIED = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'tsconfig.json',
  'asconfig.json',
  '.biome.json',
]
const FOLDERS = ['.config', 'assembly', 'src', 'data', 'build', 'dist', 'bench', 'docs', 'examples', 'test']

/** All that `kairos-wasm` reads: enough for a page without other commands, and no command writes there. */
const READ = ['data', 'build', 'dist']

export interface Clone {
  readonly folder: string
  /** Where the commands of the page run. */
  readonly page: string
  /** Writes the file that a block is the content of. */
  write(block: Block): void
  /** What bash runs for a command of a page. */
  runnable(command: string): string
  /** Runs a command of a page by bash; rejects if its exit status is not 0. */
  run(command: string): Promise<{ stdout: string; stderr: string }>
  /** The same, once: what it printed the first time. */
  runOnce(command: string): Promise<{ stdout: string; stderr: string }>
  remove(): void
}

/** The first npx of a new folder takes seconds. One test runs it; the other commands call what it calls. */
function withoutNpx(command: string, folder: string): string {
  return command.replaceAll(/\bnpx kairos-wasm\b/g, `node ${folder}/dist/cli/main.js`)
}

/** A clone for the commands of a page. */
export function makeClone(document = 'README.md'): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-docs-'))
  const isWhole = blocksOf(document).some(({ text }) => /^(\$ )?npm /m.test(text))
  const copied = isWhole ? [...COPIED, ...FOLDERS] : ['package.json', 'examples']
  // a tenth of the time that cpSync takes
  execFileSync('cp', ['-R', ...copied.map((name) => join(ROOT, name)), folder])
  for (const name of isWhole ? ['node_modules'] : ['node_modules', ...READ]) {
    symlinkSync(join(ROOT, name), join(folder, name))
  }
  const page = join(folder, folderOf(document))
  const runnable = (command: string) => withoutNpx(command, folder)
  const runIt: Clone['run'] = (command) =>
    run('bash', ['-c', runnable(command)], { cwd: page, maxBuffer: 1e8 })
  const ran = new Map<string, ReturnType<Clone['run']>>()
  return {
    folder,
    page,
    runnable,
    write({ file, text }) {
      mkdirSync(dirname(join(page, file)), { recursive: true })
      writeFileSync(join(page, file), text)
    },
    run: runIt,
    runOnce(command) {
      const result = ran.get(command) ?? runIt(command)
      ran.set(command, result)
      return result
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
