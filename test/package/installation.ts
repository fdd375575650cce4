/** The packed package as a user has it: installed globally below a prefix of its own. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Output {
  readonly stdout: string
  readonly stderr: string
}

export interface Installation {
  /** What npm installed: the package with its dependencies. */
  readonly modules: string
  /** A project that has the package as its only dependency. */
  readonly project: string
  /** Runs a line of a shell in the project, with the installed command in the path. */
  sh(line: string): Promise<Output>
  /** Writes a file of the project. */
  write(file: string, text: string): void
  remove(): void
}

export async function install(): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'kairos-installed-'))
  const prefix = join(folder, 'prefix')
  const project = join(folder, 'project')
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts']
  const packed = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    maxBuffer: 1e8,
  })
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }]
  const tarball = join(folder, filename)
  await run('npm', ['install', '--global', '--prefix', prefix, '--prefer-offline', ...quiet, tarball])
  const modules = join(prefix, 'lib/node_modules')
  mkdirSync(project)
  symlinkSync(modules, join(project, 'node_modules'))
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true }')
  const env = {
    ...process.env,
    PATH: [join(prefix, 'bin'), process.env.PATH].join(delimiter),
    npm_config_prefix: prefix,
  }
  return {
    modules,
    project,
    sh: (line) => run('bash', ['-c', line], { cwd: project, env, maxBuffer: 1e8 }),
    write: (file, text) => writeFileSync(join(project, file), text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
