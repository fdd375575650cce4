import type { AddHelpTextContext } from 'commander'

/** The widths of paragraphs: where the output is no terminal, and the most. */
const NO_TERMINAL = 80
const WIDEST = 120

/**
 * A text behind the flags of a help. Its paragraphs are wrapped to the width of the terminal. Examples and tables,
 * which have lines that are indented, stay as they are.
 */
export function helpText(text: string): (context: AddHelpTextContext) => string {
  const parts = text.trim().split('\n\n')
  return ({ command }) => {
    const width = Math.min(command.configureOutput().getOutHelpWidth?.() ?? NO_TERMINAL, WIDEST)
    const help = command.createHelp()
    const shown = parts.map((part) =>
      /^ /m.test(part) ? part : help.boxWrap(part.replaceAll('\n', ' '), width),
    )
    return `\n${shown.join('\n\n')}`
  }
}
