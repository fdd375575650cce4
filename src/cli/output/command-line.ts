import { printableLines } from '../../model/errors.ts'
import { shellWord } from '../../report/shell-word.ts'

/** A command as a user types it: with npx where it was started by npx, or by a script of npm. */
export function commandLine(
  command: string,
  flags: Readonly<Record<string, string | number | true | undefined>>,
): string {
  const words = Object.entries(flags).flatMap(([flag, value]) =>
    value === undefined ? [] : value === true ? [`--${flag}`] : [`--${flag}`, printedWord(String(value))],
  )
  const start = process.env.npm_command === undefined ? [] : ['npx']
  return [...start, 'kairos-wasm', command, ...words].join(' ')
}

/** A text as one word of a shell that can be pasted, though messages escape characters such as no-break spaces. */
function printedWord(text: string): string {
  const isPrinted = (part: string) => part !== '\n' && printableLines(part) === part
  if (!text.includes('\n') && isPrinted(text)) return shellWord(text)
  // printf takes the bytes of a character in octal; $'...' would too, but not in every shell
  const bytes = (part: string) =>
    Array.from(Buffer.from(part), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
  // $(...) drops the line ends at its end
  const lineEnds = /\n*$/.exec(text)![0]
  const parts = Array.from(text.slice(0, text.length - lineEnds.length), (part) =>
    isPrinted(part) && !/['\\%]/.test(part) ? part : bytes(part),
  )
  return `"$(printf -- '${parts.join('')}')${lineEnds}"`
}
