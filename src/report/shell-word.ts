/**
 * A text as one word of a POSIX shell: in quotes where it has other characters than these, or begins with =, in the
 * place of which zsh looks for a command.
 */
export function shellWord(text: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(text) ? text : quotedWord(text)
}

/** A text as one word of a POSIX shell, always in quotes. */
export function quotedWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
