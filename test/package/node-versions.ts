/** Other versions of Node, from the packages that npm's `node` is made of, kept in one temporary folder. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The path of the program `node` of a version, such as 22 or 20.12. */
export async function nodeOf(version: string): Promise<string> {
  const library = `node-${process.platform}-${process.arch}`
  const folder = join(tmpdir(), `kairos-node-${version}-${process.arch}`)
  const program = join(folder, 'node_modules', library, 'bin/node')
  if (!existsSync(program)) {
    // complete or absent: installed beside, then renamed
    const beside = mkdtempSync(`${folder}-`)
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-save']
    await run('npm', ['install', '--prefix', beside, ...quiet, `${library}@${version}`])
    rmSync(folder, { recursive: true, force: true })
    renameSync(beside, folder)
  }
  return program
}
