import { shellWord } from '../../report/shell-word.ts'

/** A command as a user types it: with npx where it was started by npx, or by a script of npm. */
export function commandLine(
  command: string,
  flags: Readonly<Record<string, string | number | true | undefined>>,
): string {
  const words = Object.entries(flags).flatMap(([flag, value]) =>
    value === undefined ? [] : value === true ? [`--${flag}`] : [`--${flag}`, shellWord(String(value))],
  )
  const start = process.env.npm_command === undefined ? [] : ['npx']
  return [...start, 'kairos-wasm', command, ...words].join(' ')
}
