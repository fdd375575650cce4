/**
 * What the readers of files/ use of Node, for the page. `inspect` differs from Node's only for values that no format
 * accepts.
 */

export function inspect(value: unknown): string {
  return typeof value === 'bigint' || typeof value === 'symbol'
    ? String(value)
    : (JSON.stringify(value) ?? String(value))
}

/** Colours are for terminals: the page has none. */
export function styleText(_style: string, text: string): string {
  return text
}

export function setImmediate(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}

export function isAbsolute(path: string): boolean {
  return path.startsWith('/')
}

export function dirname(path: string): string {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'
}

/** Joins paths and resolves `.` and `..` in them. */
export function join(...paths: string[]): string {
  const parts: string[] = []
  for (const part of paths.join('/').split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  return (paths[0].startsWith('/') ? '/' : '') + (parts.join('/') || '.')
}
