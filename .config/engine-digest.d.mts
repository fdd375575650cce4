export function digestOfCode(folder: string): string
