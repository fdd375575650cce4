import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Command, Option } from 'commander'
import { tableFiles } from '../../files/documents/table-files.ts'
import { behindLinks, checkTarget } from '../../files/io/write.ts'
import { refuseUsage } from '../../model/errors.ts'
import { fileOfPolicy, resultNames } from './result-files.ts'
import { keepSaving } from './terminal.ts'

/** Flags that name a file of their own for a part of the result. */
const FILE_FLAGS = ['svg', 'report', 'schedule', 'chromeTrace', 'write'] as const

/**
 * Checks the files that a command writes before it begins. If it saves any beside what it prints, it goes on without a
 * reader of what it prints.
 *
 * @throws KairosError BAD_USAGE where a part of the result would replace another part, or a file that is read; NO_FILE
 *   where a file cannot be written
 */
export async function prepareOutputs(command: Command): Promise<void> {
  if (savesFiles(command)) {
    await refuseSharedFiles(command)
    keepSaving()
  }
  await checkOutputs(command)
}

/** Whether a command saves anything beside what it prints. */
function savesFiles(command: Command): boolean {
  return ['out', ...FILE_FLAGS].some((name) => command.getOptionValue(name) !== undefined)
}

async function refuseSharedFiles(command: Command): Promise<void> {
  const namedBy = new Map<string, string>()
  for (const [i, argument] of command.registeredArguments.entries()) {
    const value: unknown = command.processedArgs[i]
    if (argument.name() === 'file' && typeof value === 'string')
      namedBy.set(await identityOf(value), 'the argument')
  }
  const isResult = (name: string) => name === 'out' || (FILE_FLAGS as readonly string[]).includes(name)
  const options = command.options.filter(
    ({ flags, long }) => flags.includes('<file>') || long === '--counts' || flags === '--out <dir>',
  )
  // the files of results come last, so that each is compared with all others
  options.sort((a, b) => Number(isResult(a.attributeName())) - Number(isResult(b.attributeName())))
  for (const option of options) {
    const own = option.long ?? option.flags
    const isFolder = option.flags === '--out <dir>'
    for (const file of filesOf(command, option)) {
      const path = await identityOf(file)
      const other = namedBy.get(path)
      // a run that is repeated from its folder may save there again
      const isRepeated = isFolder && other === '--config' && basename(file) === 'config.json'
      if (other !== undefined && isResult(option.attributeName()) && !isRepeated) {
        const problem = isFolder
          ? `would replace ${file}, which ${other} names`
          : `names ${file}, as ${other} does`
        const cure = isFolder ? 'name another folder' : 'name a file of its own'
        refuseUsage(own, problem, cure)
      }
      namedBy.set(path, own)
      if (option.attributeName() !== 'workload') continue
      for (const table of await tableFiles(file)) namedBy.set(await identityOf(table), file)
    }
  }
}

/** What tells files apart: the path behind symbolic links. A device, such as a terminal, may have several names. */
async function identityOf(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined)
  return found === undefined || found.isFile() ? behindLinks(file) : resolve(file)
}

/** The files that a flag names, or that are saved in the folder that it names. */
function filesOf(command: Command, option: Option): string[] {
  const value: unknown = command.getOptionValue(option.attributeName())
  // several traces are lines of one text
  const paths = [value].flat().flatMap((path) => (typeof path === 'string' ? path.split('\n') : []))
  const { policy } = command.opts()
  const isByPolicy = ['schedule', 'chromeTrace'].includes(option.attributeName())
  if (isByPolicy && Array.isArray(policy)) {
    // a policy that is named twice is refused by the command
    const files = (path: string) => policy.map((name) => fileOfPolicy(path, name, policy))
    return [...new Set(paths.flatMap(files))]
  }
  if (option.flags !== '--out <dir>') return paths
  return paths.flatMap((folder) => resultNames(command).map((name) => join(folder, name)))
}

/** Checks that the files of a command can be written: its work may take minutes. */
async function checkOutputs(command: Command): Promise<void> {
  for (const option of command.options) {
    const name = option.attributeName()
    const value: unknown = command.getOptionValue(name)
    if (!['out', 'table', 'serverLogs', ...FILE_FLAGS].includes(name) || typeof value !== 'string') continue
    // any file in a folder stands for all
    await checkTarget(option.flags.includes('<dir>') ? join(value, 'config.json') : value)
  }
}
