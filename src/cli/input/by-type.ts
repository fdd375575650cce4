import { InvalidArgumentError, Option } from 'commander'
import { parseDecimal } from '../../files/io/decimal.ts'

/** The parts of a list of type=number. A comma without a number before it belongs to the name of a type. */
export function partsByType(text: string): string[] {
  return text.split(/(?<==[^,=]*),/)
}

/** A flag whose value is a list of type=number. */
export function byType(name: string, meaning: string): Option {
  return new Option(name, meaning).argParser((text) => {
    const values: Record<string, number> = {}
    for (const part of partsByType(text)) {
      const [type, number = '', ...rest] = part.split('=').map((each) => each.trim())
      const value = parseDecimal(number)
      if (!type || rest.length > 0 || !(value >= 0)) {
        throw new InvalidArgumentError(`Expected type=number, separated by commas; "${part}" is not.`)
      }
      if (Object.hasOwn(values, type)) throw new InvalidArgumentError(`"${type}" is named twice.`)
      values[type] = value
    }
    return values
  })
}
