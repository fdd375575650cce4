/** Lines of a text that fit. They end after spaces and commas; a word that does not fit is divided. */
export function wrapped(text: string, fits: (line: string) => boolean): string[] {
  const lines: string[] = []
  for (const word of text.match(/[^ ,]*(?:,| +|$)/g) ?? []) {
    const longer = `${lines.at(-1) ?? ''}${word}`
    if (lines.length > 0 && fits(longer.trimEnd())) lines[lines.length - 1] = longer
    else lines.push(...divided(word, fits))
  }
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

function divided(word: string, fits: (line: string) => boolean): string[] {
  const parts: string[] = []
  // code points: half of a pair of surrogates is no character
  let rest = [...word]
  while (!fits(rest.join('').trimEnd()) && rest.length > 1) {
    let length = rest.length - 1
    while (length > 1 && !fits(rest.slice(0, length).join(''))) length--
    parts.push(rest.slice(0, length).join(''))
    rest = rest.slice(length)
  }
  return [...parts, rest.join('')]
}
