import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { checkTarget } from '../../files/io/write.ts'
import { KairosError } from '../../model/errors.ts'

/** Flags that name a file of their own for a part of the result. */
const FILE_FLAGS = ['svg', 'report', 'schedule', 'chromeTrace', 'write'] as const

/** Whether a command saves anything beside what it prints. */
export function savesFiles(command: Command): boolean {
  return ['out', ...FILE_FLAGS].some((name) => command.getOptionValue(name) !== undefined)
}

/** @throws KairosError BAD_USAGE where a part of the result would replace another part, or a file that is read */
export function refuseSharedFiles(command: Command): void {
  const flagOf = new Map<string, string>()
  const isResult = (name: string) => name === 'out' || (FILE_FLAGS as readonly string[]).includes(name)
  const options = command.options.filter(
    ({ flags, long }) => flags.includes('<file>') || long === '--counts' || flags === '--out <dir>',
  )
  // the files of results come last, so that each is compared with all others
  options.sort((a, b) => Number(isResult(a.attributeName())) - Number(isResult(b.attributeName())))
  for (const option of options) {
    const value: unknown = command.getOptionValue(option.attributeName())
    const own = option.long ?? option.flags
    for (const given of [value].flat()) {
      if (typeof given !== 'string') continue
      const file = own === '--out' ? join(given, 'config.json') : given
      const other = flagOf.get(resolve(file))
      // a run that is repeated from its folder may save there again
      const isRepeated = own === '--out' && other === '--config'
      if (other !== undefined && isResult(option.attributeName()) && !isRepeated) {
        const problem =
          own === '--out' ? `would replace ${file}, which ${other} names` : `names ${file}, as ${other} does`
        const cure = own === '--out' ? 'name another folder' : 'name a file of its own'
        throw new KairosError('BAD_USAGE', problem, { field: own }, cure)
      }
      flagOf.set(resolve(file), own)
    }
  }
}

/**
 * Checks that the files of a command can be written before it begins, which may take minutes.
 *
 * @throws KairosError NO_FILE where one cannot
 */
export async function checkOutputs(command: Command): Promise<void> {
  for (const option of command.options) {
    const name = option.attributeName()
    const value: unknown = command.getOptionValue(name)
    if (!['out', 'table', 'serverLogs', ...FILE_FLAGS].includes(name) || typeof value !== 'string') continue
    // any file in a folder stands for all
    await checkTarget(option.flags.includes('<dir>') ? join(value, 'config.json') : value)
  }
}
