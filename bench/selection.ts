/**
 * The parts of a suite that an environment variable names, such as `PARTS=best,all`; all parts without it.
 *
 * @throws Error if it names none of them, or others
 */
export function selection<T extends string>(variable: string, all: readonly T[]): readonly T[] {
  const named = process.env[variable]?.split(',')
  if (!named) return all
  const chosen = all.filter((part) => named.includes(part))
  if (chosen.length === named.length) return chosen
  throw new Error(`${variable}=${process.env[variable]}: name some of ${all.join(',')}, each once`)
}
