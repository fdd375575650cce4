import { counted } from '../../model/counted.ts'
import { type Document, faultAt } from './document.ts'
import type { Path } from './yaml.ts'

/** @throws KairosError BAD_FILE unless a list of a document has a number for each of its types */
export async function checkOnePerType(
  document: Document,
  path: Path,
  numbers: readonly number[],
  types: readonly string[],
): Promise<void> {
  if (numbers.length === types.length) return
  const cure = `expected one for each of ${counted(types.length, 'type')}`
  throw await faultAt(document, path, `has ${counted(numbers.length, 'number')}`, cure)
}
